// pcapng blocks.
export interface Block {
  kind: string;
  type: number;
}
