// Text from outside, fit for a terminal: without control characters, which could move the cursor or forge lines.

/** @returns the text in one line, shortened to `most` characters */
export function printed(text: string, most = 200): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
  return plain.length > most ? `${plain.slice(0, most)}…` : plain;
}
