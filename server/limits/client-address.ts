import { BlockList, isIP } from 'node:net';

/** Networks that no client of the public internet comes from: what connects from here is a proxy, or the operator. */
const inner = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  inner.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  inner.addSubnet(network, prefix, 'ipv6');
}

/**
 * Whom a request comes from, as far as limits care: an IPv4 address, or the network of 64 bits that an IPv6 client has to
 * itself. `null` where nobody can be told apart: behind a proxy that is not trusted all clients have one address, and a
 * limit for it would be a limit for everybody.
 *
 * @param peer Address of the connection.
 * @param forwardedFor Header `X-Forwarded-For`, to which each proxy appends whom it got the request from.
 * @param proxyCount How many proxies of the operator's own stand before the server; what came before them is hearsay.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  proxyCount: number,
): string | null {
  if (proxyCount > 0) {
    const named = forwardedFor?.split(',').at(-proxyCount);
    return named === undefined ? null : networkOf(named);
  }
  const network = networkOf(peer ?? '');
  return network === null || isInner(network) ? null : network;
}

function isInner(network: string): boolean {
  const address = network.replace(/\/64$/, '');
  return inner.check(address, address.includes(':') ? 'ipv6' : 'ipv4') || peerIsLoopback(address);
}

/** The network of `::1` is written without its last bits. */
const peerIsLoopback = (address: string) => address === '::';

/** What stands for an address in limits: an IPv4 address itself, the network of an IPv6 address; `null` for neither. */
export function networkOf(text: string): string | null {
  const address = text
    .trim()
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^(\d{1,3}(?:\.\d{1,3}){3}):\d+$/, '$1')
    .replace(/^::ffff:(?=\d{1,3}\.)/i, '');
  const version = isIP(address);
  if (version === 4) return address;
  if (version !== 6 || address.includes('%')) return null;
  // The URL parser writes every IPv6 address in one way (RFC 5952).
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  if (tail !== undefined) groups.push(...Array.from({ length: 8 - groups.length - after.length }, () => '0'), ...after);
  const network = groups
    .slice(0, 4)
    .join(':')
    .replace(/(?::0)+$/, '');
  return `${network === '0' ? '' : network}::/64`;
}
