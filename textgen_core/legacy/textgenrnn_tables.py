"""The tables of characters that came with textgenrnn, for weights whose own is not beside them.

textgenrnn takes its packaged table where no other is given, so that whoever trained its
model further never had a ``…_vocab.json``. The characters stand in the order of their
ids, which begin at 1; ``<s>`` is the last of either table.

Both come from the packages on PyPI, under this licence:

    Copyright (c) 2017-2020 Max Woolf

    Permission is hereby granted, free of charge, to any person obtaining a copy of this
    software and associated documentation files (the "Software"), to deal in the Software
    without restriction, including without limitation the rights to use, copy, modify,
    merge, publish, distribute, sublicense, and/or sell copies of the Software, and to
    permit persons to whom the Software is furnished to do so, subject to the following
    conditions:

    The above copyright notice and this permission notice shall be included in all copies
    or substantial portions of the Software.

    THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED,
    INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A
    PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT
    HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
    CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE
    OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from textgen_core.text.legacy_vocabulary import BOUNDARY, LegacyVocabulary

# textgenrnn 1.0 to 2.0.0.
_OF_1_AND_2 = (
    "It's FinalyOverBo!WXNwScp,ThCgmuP.d(6)D:fjA?R20kEH1L3UbMYJG/-x<[]#5qVK47“☭\"*z89%>Z_"
    "&Q+$�ｃｌｉｍｂé=ಥ❌’|✅^;£ＬＯＮＧＩ™\ufe0f@~\u0361°\u035cʖ”\\´–✈}❤‘…•¯ツ—\x93\x94′"
    "\ufeff\u200f®»ಠ\u200b☀✔€üè₹{аісеоуСрВ➡А\u200e♥✊ı\u033f\u0347з✌⬅☺\u1d58\u1d49‼İ█►Áåó"
    "żíх×ćМöłáğäàンøス\u30fcÉĐô`はñæûńカラÖçëčØảōï¿\u0644\u0633\u062a\u0627\u0646卐\xadʍǝ"
    "ᴉʎɹɐɥ¡ʇ∀ɯ\u0643\u064a\u0641\u0634\u0639\u0631\u062d\u0645\u0332♫º⚡·â\x80¥„\x99✋★"
    "\u20e3❄\u200d♂☠\u202aú♪◉‿¢\u02e2\u1d43⚠！✨Ü≈ūā「」♀♡«人ッđš༼つ◕༽\u30fdﾉづ｡ạệＡＣＥ"
    "ＵＨＴＳ\uff9fＲμð\u0301©ÅòýÞ【】☆ê■╯□）︵┻━\u0336½―ノのすア，\u202cấưì\u0628\u0648"
    "\u062c\u062fếớịằăмячтпдниự\u0629\u0642КлйбầПкьвгИОыẹã\u0323\u0303\u0300ロク・ミČ√✝☁"
    "⭐๑ＤＭｎｄｏｓｈａｙｔｅ･ｒЯ∞\x7fÆ\u0366\u0306\u0489\u030d\u030b\u0346\u0307\u0304"
    "卍″ᴇ\u0e47っ✿\u032f\u0348\u0320\u034e\u036e\u0329\u032b\u031e\u0331\u031d\u034c"
    "\u031f\u033c\u033b\u0368\u0319\u034f\u0345\u0318\u036f\u0354\u0316\u0356\u0359ωｐ⚪"
    "⚫¬Ω\u034d\u032e\u0325\u0330\u032d\u0355\u033a✧ɔ『』♭イルド＾߷═⠀☽⋆ｕΛ\u30fe✮○"
)

# textgenrnn 0.1.
_OF_0_1 = (
    "TruthDangeos dSi:flvwy'jmA?ORB0kEcpWCMPLb.HIXVx312,F(/)GKNY[U]&;z!Z-J6Q+5�#*q\"7_4%9"
    "8\ufe0f$^~€\\™=@|’“”°‘¯ツ•—–✔❤é{}оес✊✌\ufeffćüå×àöíä\u30fcè\u200b…®ç£✋óñ☠♥É❄\u0361"
    "\u035cʖ´áëú❌⚠ń\x80\x99✨\u200d♀⬆\u0336\u202a\u202c⚡⛳\u20e3⚫―つ◕༽✅⬇✈☀→ãル►♂⋆⭐¡☑"
    "✓➡☺🏃\n🤘🏽🎸🌊💀🙌👩🎨😍🍾💰😱😳⚽🎥💦🍷☕🇨🐶🇷💸🍦💍💔🐍🤑👑🐼👨🚀👏🙄🏼💛🏅🎶💪📷"
    "😲💥🙊😁😎😂🤔😊👶🐻💙🐝🍼🌎🙈🇺🇸🎾🇬🇧👫👬👭🐸🕷😋🇦🎁🇲🎂😃🌈🎉💃🏻👍🏿💤📚🏆\u0627"
    "\u0644\u064a🦄😆😅😵😝💕📱💅😨👀🚨\u05e0\u05d9🙃🐐>👌😢🏀🙏🔥🤗😬🏈💯💨😯💎🔜😭💩👻"
    "😰🐰🔨😑😡🎤👊😐😮🏾😜😀🇵😘😉📸🇪📺🇹🔴🎵🎬👋⏰😏🤣🇭👇😄🎧🎈👅👉🌟⚾🍁🔊💚💜☔\u0645💞"
    "💖🏳<💡😻😩🥂😛😴🐷🙋😞🍕🌹🔑📹🍑💗🍩💫📈😶🎄🐢💋🌸🎅👯🌙🌺🌴🍂🎃🔒🚂🚫🇽¿🎼🔫💧💘"
    "\u0337🎀😈🐉🇯🐲💲♫🌻👸📰🖤"
)


def packaged_vocabulary(ids: int) -> LegacyVocabulary | None:
    """Return the packaged table that has so many ids, padding included; None where neither has."""
    for chars in (_OF_1_AND_2, _OF_0_1):
        if len(chars) + 2 == ids:
            return LegacyVocabulary((*chars, BOUNDARY))
    return None


_OF_WEIGHTS = re.compile(r"_weights(_saved|_epoch_\d+)?$")


def beside(weights: str | os.PathLike[str], kind: str) -> Path | None:
    """Return the file of a kind, "vocab" or "config", that textgenrnn wrote beside weights."""
    path = Path(weights)
    name = _OF_WEIGHTS.sub("", path.stem)
    found = path.with_name(f"{name}_{kind}.json")
    return found if found.is_file() else None
