// Which addresses a picture may come from.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowAddresses, BlockedAddress, lookUpAllowed } from '../../src/images/addresses.ts';

const notPublic = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.100.100.200', // Alibaba Cloud's metadata service
  '127.0.0.1',
  '127.255.255.254',
  '168.63.129.16', // Azure's WireServer
  '169.254.169.254', // the metadata service of most clouds
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192', // Oracle Cloud's metadata service
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1', // IPv4-compatible
  '::ffff:127.0.0.1', // IPv4-mapped
  '::ffff:10.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:0:127.0.0.1',
  '64:ff9b::127.0.0.1', // NAT64
  '64:ff9b:1::10.0.0.1',
  '100::1',
  '2001::1', // Teredo
  '2001:2::1',
  '2001:10::1',
  '2001:db8::1',
  '2002:7f00:1::', // 6to4 of 127.0.0.1
  '3fff::1',
  '4000::1',
  '5f00::1',
  'fc00::1',
  'fd00:ec2::254', // AWS's metadata service
  'fe80::1',
  'fe80::1%lo',
  'fec0::1',
  'ff02::1',
  'localhost',
  '',
];

for (const address of notPublic) {
  test(`"${address}" is not fetched from`, () => {
    assert.equal(allowAddresses()(address), false);
  });
}

test('public addresses are fetched from', () => {
  const isAllowed = allowAddresses([]);
  for (const address of ['8.8.8.8', '1.1.1.1', '47.88.251.168', '2606:4700::1111', '2a00:1450::1']) {
    assert.equal(isAllowed(address), true, address);
  }
});

test('an allowed range opens itself and nothing beside it', () => {
  const isAllowed = allowAddresses(['10.1.0.0/16', 'fd00::/8', '127.0.0.1']);
  for (const address of ['10.1.0.1', '10.1.255.255', 'fd12::1', '127.0.0.1', '::ffff:10.1.2.3']) {
    assert.equal(isAllowed(address), true, address);
  }
  for (const address of ['10.0.255.255', '10.2.0.0', 'fc00::1', '127.0.0.2', '::ffff:10.2.0.1', '::1']) {
    assert.equal(isAllowed(address), false, address);
  }
});

for (const range of [
  '',
  'all',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/',
  '10/8',
  '10.0.0.0/8/8',
  'fd00::/129',
  '::1/0x8',
]) {
  test(`"${range}" is not an address range`, () => {
    assert.throws(() => allowAddresses([range]), { message: new RegExp(`^allow-fetch-from: "${range}"`) });
  });
}

type Answer = { error: Error | null; address: unknown; family: number | undefined };

const lookUpOnce = (addresses: string[], options: { all?: boolean }): Promise<Answer> =>
  new Promise((resolve) => {
    const lookup = lookUpAllowed(allowAddresses(), (_hostname, _options, answer) =>
      answer(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    );
    lookup('photos.example', options, (error, address, family) => resolve({ error, address, family }));
  });

test('a name with public and private addresses is connected to at its public ones', async () => {
  const addresses = ['10.0.0.1', '8.8.8.8', '::1', '2606:4700::1111'];
  const every = await lookUpOnce(addresses, { all: true });
  assert.deepEqual(every.address, [
    { address: '8.8.8.8', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ]);
  assert.deepEqual(await lookUpOnce(addresses, {}), { error: null, address: '8.8.8.8', family: 4 });
});

test('a name with private addresses only is blocked', async () => {
  const { error } = await lookUpOnce(['127.0.0.1', '169.254.169.254'], { all: true });
  assert.ok(error instanceof BlockedAddress);
});
