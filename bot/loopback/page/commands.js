// The commands that bots offer in a server, subcommands laid out as commands of their own.

const FRESH_MS = 30_000;
export const OPTION = {
  SUBCOMMAND: 1, GROUP: 2, STRING: 3, INTEGER: 4, BOOLEAN: 5, USER: 6, CHANNEL: 7, ROLE: 8, MENTIONABLE: 9, NUMBER: 10, ATTACHMENT: 11,
};
const CHAT = 1;

export class Commands {
  #byGuild = new Map(); // guild id → {at, promise}

  constructor(rest) {
    this.rest = rest;
  }

  forget(guildId) {
    this.#byGuild.delete(guildId);
  }

  /** Return the index of a channel's server; an empty one where there are no commands. */
  async #index(channel) {
    const id = channel?.guild_id;
    if (!id) return { commands: [], applications: new Map() };
    const held = this.#byGuild.get(id);
    if (held && Date.now() - held.at < FRESH_MS) return held.promise;
    const promise = this.rest.get(`/guilds/${id}/application-command-index`).then((index) => ({
      commands: index.application_commands,
      applications: new Map(index.applications.map((item) => [item.id, item])),
    }));
    this.#byGuild.set(id, { at: Date.now(), promise });
    promise.catch(() => this.forget(id));
    return promise;
  }

  /** Return {prefix, commands}: those that are typed in messages; none where no bot tells. */
  async inMessages(channel) {
    const id = channel?.guild_id;
    if (!id) return { prefix: "", commands: [] };
    const response = await fetch(`/typed-commands/${id}`);
    return response.ok ? response.json() : { prefix: "", commands: [] };
  }

  /** Return the commands for messages (3) or people (2). */
  async ofKind(channel, kind) {
    const { commands } = await this.#index(channel).catch(() => ({ commands: [] }));
    return commands.filter((command) => command.type === kind);
  }

  /** Return the commands that are typed, each with fullName, path, fields and bot. */
  async typed(channel) {
    const { commands, applications } = await this.#index(channel);
    const chat = commands.filter((command) => (command.type ?? CHAT) === CHAT);
    return chat.flatMap((command) => {
      const application = applications.get(command.application_id);
      return leaves(command, command, [command.name]).map((leaf) => ({ ...leaf, application, bot: application?.bot }));
    });
  }

  /** Return those that fit what is typed after the slash, best first. */
  async find(channel, text) {
    const wanted = text.toLowerCase();
    const all = await this.typed(channel);
    const starts = all.filter((command) => command.fullName.startsWith(wanted));
    const holds = all.filter((command) => !starts.includes(command) && command.fullName.includes(wanted));
    return [...starts, ...holds];
  }
}

function leaves(command, node, path) {
  const inner = (node.options ?? []).filter((option) => option.type <= OPTION.GROUP);
  if (inner.length) return inner.flatMap((option) => leaves(command, option, [...path, option.name]));
  return [{
    ...command,
    path,
    fullName: path.join(" "),
    description: node.description,
    fields: (node.options ?? []).filter((option) => option.type > OPTION.GROUP),
  }];
}

/** Wrap a command's values in the subcommands that lead to it. */
export function nested(command, options) {
  return command.path.slice(1).reduceRight((inner, name, at, rest) => {
    const type = at < rest.length - 1 ? OPTION.GROUP : OPTION.SUBCOMMAND;
    return [{ type, name, options: inner }];
  }, options);
}
