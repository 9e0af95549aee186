// Decides which network addresses may be connected to, for pictures and callbacks: public ones, and what the operator allows.
import { type LookupAddress, type LookupOptions, lookup as lookUp } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Says whether an IP address, given in text, may be connected to. */
export type AddressRule = (address: string) => boolean;

/** How names become addresses: `dns.lookup`, so that the operator's hosts file counts. */
export type ResolveName = (
  hostname: string,
  options: LookupOptions & { all: true },
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Cidr = [Address, number];

/** Global unicast IPv6, RFC 4291 section 2.4. What lies outside is an embedded IPv4 address, local, or unassigned. */
const globalIpv6: Cidr = [ipaddr.IPv6.parse('2000::'), 3];

/** Public by its number, yet answered by Azure's own host to the machine that asks: its WireServer. */
const azureWireServer = '168.63.129.16';

/** What the lookup of a name ends with when none of its addresses is allowed. */
export class BlockedAddress extends Error {}

/**
 * Makes the rule: globally routable addresses, and the given ranges besides.
 * @param allowFetchFrom ranges such as `10.0.0.0/8` or `fd00::/8`, or single addresses
 * @throws {Error} naming the entry that is neither
 */
export function allowAddresses(allowFetchFrom: readonly string[] = []): AddressRule {
  const allowed = allowFetchFrom.map(parseCidr);
  return (text) => {
    if (isIP(text) === 0) return false;
    // An IPv4-mapped IPv6 address connects to the IPv4 address inside, so an allowed range covers both spellings.
    const address = ipaddr.process(text);
    if (allowed.some((cidr) => contains(cidr, address))) return true;
    return text.includes(':') ? isPublicIpv6(ipaddr.parse(text)) : isPublicIpv4(address);
  };
}

/**
 * A `lookup` for `node:http` that hands on allowed addresses only. The socket connects to what it answers, without
 * asking again, so a name cannot point elsewhere between the check and the connection.
 */
export function lookUpAllowed(isAllowed: AddressRule, resolve: ResolveName = lookUp): LookupFunction {
  return (hostname, options, answer) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return answer(error, '');
      const safe = addresses.filter(({ address }) => isAllowed(address));
      const [first] = safe;
      if (first === undefined) return answer(new BlockedAddress(), '');
      if (options.all === true) return answer(null, safe);
      answer(null, first.address, first.family);
    });
  };
}

function parseCidr(text: string): Cidr {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = isIP(address) === 6 ? 128 : 32;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (isIP(address) === 0 || !(length <= bits) || rest.length > 0) {
    throw new Error(`allow-fetch-from: "${text}" is not an address range such as 10.0.0.0/8 or fd00::/8`);
  }
  return [ipaddr.parse(address), length];
}

const contains = ([range, length]: Cidr, address: Address): boolean =>
  address.kind() === range.kind() && address.match(range, length);

const isPublicIpv4 = (address: Address): boolean =>
  address.range() === 'unicast' && address.toString() !== azureWireServer;

const isPublicIpv6 = (address: Address): boolean =>
  contains(globalIpv6, address) && address.range() === 'unicast';
