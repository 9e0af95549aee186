// Settings: flags before variables before defaults, and a bad one names itself and what it accepts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../src/config/read-settings.ts';
import { rootKeySources, settings } from '../src/config/settings.ts';

test('a flag wins over a variable, a variable over the default', () => {
  const names = ['port', 'host', 'quota'] as const;
  const variables = { LETHE_PORT: '81', LETHE_QUOTA: 'off' };
  assert.deepEqual(readSettings(names, { port: '82' }, variables), {
    port: 82,
    host: '127.0.0.1',
    quota: 'off',
  });
});

test('a repeatable setting is given several times, or with commas in its variable', () => {
  const names = ['allowFetchFrom'] as const;
  const both = { allowFetchFrom: ['10.0.0.0/8', 'fd00::/8'] };
  assert.deepEqual(readSettings(names, both, {}), both);
  assert.deepEqual(readSettings(names, {}, { LETHE_ALLOW_FETCH_FROM: '10.0.0.0/8, fd00::/8' }), both);
});

test('an error rate is written as a decimal or with a power of ten', () => {
  const rates = ['0.01', '.01', '1e-2', '10E-3', '0.1e-1'].map(
    (identifyFpir) => readSettings(['identifyFpir'], { identifyFpir }, {}).identifyFpir,
  );
  assert.deepEqual(rates, [0.01, 0.01, 0.01, 0.01, 0.01]);
});

const bad: [name: keyof typeof settings, given: string | string[]][] = [
  ['port', '65536'],
  ['port', '-1'],
  ['port', '80a'],
  ['quota', 'on'],
  ['maxClockSkew', '0'],
  ['allowFetchFrom', ['10.0.0.0/33']],
  ['allowFetchFrom', ['localhost']],
  ['logLevel', 'loud'],
  ['verifyFmr', '0'],
  ['verifyFmr', '1e-10'],
  ['verifyFmr', '1%'],
  ['identifyFpir', '-0.01'],
  ['identifyFpir', '0.51'],
  ['identifyFpir', 'NaN'],
  ['endpoint', 'ftp://x'],
];
for (const [name, given] of bad) {
  test(`${name} ${given} is refused with what it accepts`, () => {
    const { accepts, variable, flag } = settings[name] as { accepts: string; variable: string; flag: string };
    const expected = (label: string) => ({
      name: 'BadSetting',
      message: `${label}: ${JSON.stringify(given)} cannot be used; it accepts ${accepts}`,
    });
    assert.throws(() => readSettings([name], { [name]: given }, {}), expected(flag.split(' ')[0]!));
    assert.throws(() => readSettings([name], {}, { [variable]: String(given) }), expected(variable));
  });
}

test('a bad secret is not repeated in the error', () => {
  assert.throws(() => readSettings(['accessKeySecret'], {}, { LETHE_ACCESS_KEY_SECRET: 'sho rt' }), {
    message: 'LETHE_ACCESS_KEY_SECRET: it accepts 8 to 256 printable ASCII characters',
  });
});

test('a certificate without its key is refused', () => {
  assert.throws(
    () => readSettings(['tlsCert', 'tlsKey'], { tlsCert: 'c.pem' }, {}),
    /--tls-cert and --tls-key go together/,
  );
});

test('the root key comes from one place at a time, and its value is never repeated', () => {
  const hex = 'ab'.repeat(32);
  const variables = { LETHE_ROOT_KEY_HEX: hex };
  assert.deepEqual(readSettings(rootKeySources, {}, variables), {
    rootKey: undefined,
    rootKeyHex: hex,
    rootKeyCommand: undefined,
  });
  assert.throws(() => readSettings(rootKeySources, { rootKey: 'k', rootKeyCommand: 'c' }, variables), {
    name: 'BadSetting',
    message:
      '--root-key and LETHE_ROOT_KEY_HEX and --root-key-command each name a root key: give one of them',
  });
  assert.throws(() => readSettings(['rootKeyHex'], {}, { LETHE_ROOT_KEY_HEX: 'abc' }), {
    message: 'LETHE_ROOT_KEY_HEX: it accepts 64 hexadecimal digits',
  });
});
