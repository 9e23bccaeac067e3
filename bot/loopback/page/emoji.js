// The emoji on offer in the picker and after ":"; any other can still be typed or pasted.

const TABLE = `😀grinning 😃smiley 😄smile 😁grin 😆laughing 😅sweat_smile 😂joy 🤣rofl 🙂slight_smile 🙃upside_down
😉wink 😊blush 😇innocent 🥰smiling_hearts 😍heart_eyes 😘kissing_heart 😋yum 😛tongue 😜zany 🤔thinking 🤨raised_eyebrow
😐neutral 😑expressionless 😶no_mouth 😏smirk 😒unamused 🙄rolling_eyes 😬grimacing 😌relieved 😔pensive 😴sleeping
🤯exploding_head 🥳partying 😎sunglasses 🤓nerd 🧐monocle 😕confused 😟worried 😮open_mouth 😲astonished 😳flushed
🥺pleading 😢cry 😭sob 😱scream 😤triumph 😡rage 💀skull 🤡clown 👻ghost 👽alien 🤖robot 😺smiley_cat 🙈see_no_evil
👋wave 👌ok_hand 🤞crossed_fingers 🤘metal 👍thumbsup 👎thumbsdown ✊fist 👏clap 🙌raised_hands 🙏pray 💪muscle 👀eyes
❤️heart 🧡orange_heart 💛yellow_heart 💚green_heart 💙blue_heart 💜purple_heart 🖤black_heart 💔broken_heart 💯100
🔥fire ✨sparkles ⭐star 🎉tada 🎈balloon 🎁gift 🏆trophy 🚀rocket ☕coffee 🍕pizza 🍰cake 🍺beer 🌈rainbow ☀️sunny
🌙moon ❄️snowflake 🌍earth 🐱cat 🐶dog 🦊fox 🐧penguin 🐢turtle 🐛bug 🦆duck 🌱seedling 🌵cactus 🎮video_game 🎵music
💡bulb 📌pushpin 📎paperclip 📝memo 📷camera 💻laptop 🔧wrench 🔒lock ⏳hourglass ⏰alarm ✅check ❌cross ❓question
❗exclamation ⚠️warning ♻️recycle ➕plus ➡️arrow_right`;

/** Every emoji on offer as {char, name}. */
export const EMOJI = TABLE.split(/\s+/).map((entry) => {
  const [, char, name] = /^([^a-z0-9_]+|)([a-z0-9_]+)$/u.exec(entry);
  return { char, name };
});

/** Return those whose name has a text in it, those that begin with it first. */
export function findEmoji(text, most = 24) {
  const wanted = text.toLowerCase();
  const hits = EMOJI.filter((item) => item.name.includes(wanted));
  hits.sort((a, b) => b.name.startsWith(wanted) - a.name.startsWith(wanted));
  return hits.slice(0, most);
}
