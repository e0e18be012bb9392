// The argument of -y: a link type by its DLT_ name, without that prefix, as tcpdump takes it.
import { type LinkType, parseLinkType } from '../packet/index.ts';
import { Failure } from './failure.ts';

export function linkTypeNamed(given: string): LinkType {
  const linkType = parseLinkType(given);
  if (linkType === undefined) throw new Failure(`cannot read -y: there is no link type ${given}`);
  return linkType;
}
