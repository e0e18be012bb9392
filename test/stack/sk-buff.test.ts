// sk_buffs: room, clones and references, as include/linux/skbuff.h has them.
import { describe, expect, it } from 'vitest';
import { SkBuffCache, skbPull, skbPush, skbPut, skbReserve, skbTrim } from '../../src/stack/index.ts';

describe('an sk_buff', () => {
  it('has room in front and behind', () => {
    const skb = new SkBuffCache().allocSkb(100);
    skbReserve(skb, 20);
    skb.head.set([1, 2, 3, 4], skbPut(skb, 4));
    expect([skb.data, skb.len]).toEqual([20, 4]);
    expect(skbPush(skb, 14)).toBe(6);
    expect(skb.len).toBe(18);
    expect(skbPull(skb, 14)).toBe(true);
    expect(skbPull(skb, 5)).toBe(false);
    skbTrim(skb, 2);
    expect(skb.head.slice(skb.data, skb.tail)).toEqual(Uint8Array.of(1, 2));
  });

  it('refuses what it has no room for', () => {
    const skb = new SkBuffCache().devAllocSkb(10);
    expect(() => skbPut(skb, skb.end)).toThrow('cannot put');
    expect(() => skbPush(skb, skb.data + 1)).toThrow('cannot push');
  });

  it('shares its bytes with clones, until one writes', () => {
    const cache = new SkBuffCache();
    const skb = cache.allocSkb(10);
    skb.head[skbPut(skb, 1)] = 7;
    const clone = cache.skbClone(skb);
    expect(clone.head).toBe(skb.head);
    cache.skbUnclone(clone);
    clone.head[0] = 8;
    expect(skb.head[0]).toBe(7);
    const copy = cache.skbCopy(skb);
    expect(copy.head).not.toBe(skb.head);
    expect(copy.head[0]).toBe(7);
    expect(cache.alive).toBe(3);
    for (const one of [skb, clone, copy]) expect(cache.release(one)).toBe(true);
    expect(cache.alive).toBe(0);
  });

  it('is freed with its last reference, and not twice', () => {
    const cache = new SkBuffCache();
    const skb = cache.allocSkb(10);
    skb.users++;
    expect(cache.release(skb)).toBe(false);
    expect(cache.release(skb)).toBe(true);
    expect(() => cache.release(skb)).toThrow('cannot free the sk_buff: it was freed before');
  });

  it('is clean when it is used again', () => {
    const cache = new SkBuffCache();
    const skb = cache.allocSkb(10);
    skb.mark = 5;
    skb.vlanProto = 0x8100;
    cache.release(skb);
    const again = cache.allocSkb(10);
    expect([again.mark, again.vlanProto, again.len, again.users]).toEqual([0, 0, 0, 1]);
  });
});
