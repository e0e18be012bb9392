// JSON in ASCII alone: whatever reads it, as Latin-1 or as UTF-8, sees the same.

/** JSON text with all else escaped; nothing but its strings can hold such. */
export function ascii(text: string): string {
  return text.replace(/[\x7f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
