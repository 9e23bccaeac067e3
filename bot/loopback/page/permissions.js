// What a member may do in a channel, computed as Discord documents it.

export const CAN = {
  ADMINISTRATOR: 1n << 3n,
  ADD_REACTIONS: 1n << 6n,
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  MANAGE_MESSAGES: 1n << 13n,
  ATTACH_FILES: 1n << 15n,
  MENTION_EVERYONE: 1n << 17n,
  USE_COMMANDS: 1n << 31n,
};

const ALL = (1n << 53n) - 1n;
const DIRECT = CAN.ADD_REACTIONS | CAN.VIEW_CHANNEL | CAN.SEND_MESSAGES | CAN.ATTACH_FILES | CAN.USE_COMMANDS;

/** Return a member's permissions as a BigInt of bits. */
export function permissionsIn(guild, channel, userId) {
  if (!guild) return DIRECT;
  if (guild.owner_id === userId) return ALL;
  const roleIds = guild.members.get(userId)?.roles ?? [];
  let granted = BigInt(guild.roles.get(guild.id)?.permissions ?? 0);
  for (const id of roleIds) granted |= BigInt(guild.roles.get(id)?.permissions ?? 0);
  if (granted & CAN.ADMINISTRATOR) return ALL;
  for (const ids of [[guild.id], roleIds, [userId]]) {
    const chosen = (channel.permission_overwrites ?? []).filter((item) => ids.includes(item.id));
    for (const item of chosen) granted &= ~BigInt(item.deny);
    for (const item of chosen) granted |= BigInt(item.allow);
  }
  return granted & CAN.VIEW_CHANNEL ? granted : 0n;
}
