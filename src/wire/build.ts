// Frames built from layers: each layer knows what it carries and what carries it, so lengths, types and
// checksums fill themselves in. Any field can be given a wrong value on purpose.
import { encodeUtf8 } from '../bytes/index.ts';

/** One header (or the payload) of a frame to be built. */
export interface Layer {
  /** How an Ethernet-like layer below names this one. */
  readonly etherType?: number;
  /** How an IP-like layer below names this one. */
  readonly ipProtocol?: number;
  /** Source then destination address, 8 or 32 bytes: what transport checksums above an IP layer need. */
  readonly addresses?: Uint8Array;
  /** The header with its payload behind it. `inner` is the layer carried, `outer` the nearest below that has addresses. */
  build(payload: Uint8Array, inner: Layer | undefined, outer: Layer | undefined): Uint8Array;
}

/** A run of bytes, or text in UTF-8, as the innermost layer. */
export function payload(data: Uint8Array | string): Layer {
  return { build: () => (typeof data === 'string' ? encodeUtf8(data) : data) };
}

/**
 * Builds a frame, outermost layer first.
 *
 *   frame(ethernet({ destination, source }), ipv4({ source, destination }), udp({ sourcePort: 1, destinationPort: 53 }), 'hi')
 */
export function frame(...layers: (Layer | Uint8Array | string)[]): Uint8Array {
  const stack = layers.map((layer) =>
    typeof layer === 'string' || layer instanceof Uint8Array ? payload(layer) : layer,
  );
  let built: Uint8Array = new Uint8Array(0);
  for (let i = stack.length - 1; i >= 0; i--) {
    const outer = stack.slice(0, i).findLast((layer) => layer.addresses !== undefined);
    built = stack[i]!.build(built, stack[i + 1], outer);
  }
  return built;
}

/** Puts arrays one behind the other. */
export function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
