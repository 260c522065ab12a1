"""Rules and groups of `steering` to and from os-ken's OpenFlow 1.4 messages.

Lossless in both directions for everything that `steering.rules` can say: what was installed reads back equal, whichever
of its equivalent encodings the switch chose. What has no equivalent is refused (`UntranslatableError`), never dropped.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from os_ken.ofproto import nicira_ext, ofproto_v1_4_parser
from os_ken.ofproto import ofproto_v1_4 as ofp

from controller_app.errors import UntranslatableError
from ofext.attributes import AttributeTest
from steering.errors import RuleError
from steering.layer7 import ATTRIBUTE, attribute_test, attribute_value
from steering.rules import (
    Action,
    Bucket,
    Conntrack,
    GotoTable,
    Group,
    Match,
    Move,
    Output,
    OutputField,
    PopVlan,
    PushVlan,
    Rule,
    SetField,
    ToGroup,
)

# os-ken has no types: a message, an action and an instruction are objects of its parser module.
parser: Any = ofproto_v1_4_parser
Message = Any
Datapath = Any

CT_COMMIT: Final = 1  # nicira-ext.h NX_CT_F_COMMIT
NO_RECIRCULATION: Final = 0xFF  # nicira-ext.h NX_CT_RECIRC_NONE
REGISTER_BITS: Final = 32
CONTROLLER_MAX: Final = 0xFFFF  # OFPCML_NO_BUFFER, also the limit for a port in a register


def add_rule(datapath: Datapath, rule: Rule) -> Message:
    """FLOW_MOD that adds a rule, or replaces the one with its table, priority and match."""
    return parser.OFPFlowMod(
        datapath,
        cookie=rule.cookie,
        table_id=rule.table,
        command=ofp.OFPFC_ADD,
        priority=rule.priority,
        out_port=ofp.OFPP_ANY,
        out_group=ofp.OFPG_ANY,
        match=_to_match(rule.match),
        instructions=_to_instructions(rule.actions),
    )


def delete_rule(datapath: Datapath, rule: Rule) -> Message:
    """FLOW_MOD that deletes exactly this rule, if it is ours (the cookie is matched too)."""
    return _deletion(datapath, rule.table, rule.priority, rule.cookie, _to_match(rule.match))


def delete_entry(datapath: Datapath, stats: Message) -> Message:
    """FLOW_MOD that deletes exactly what one entry of a flow statistics reply describes."""
    return _deletion(datapath, stats.table_id, stats.priority, stats.cookie, stats.match)


def add_group(datapath: Datapath, group: Group) -> Message:
    """GROUP_MOD that makes a group."""
    return _group_mod(datapath, group, ofp.OFPGC_ADD)


def modify_group(datapath: Datapath, group: Group) -> Message:
    """GROUP_MOD that replaces the buckets of a group that exists."""
    return _group_mod(datapath, group, ofp.OFPGC_MODIFY)


def delete_group(datapath: Datapath, group_id: int) -> Message:
    """GROUP_MOD that removes a group."""
    return parser.OFPGroupMod(datapath, ofp.OFPGC_DELETE, ofp.OFPGT_ALL, group_id, [])


def rule_from_stats(stats: Message) -> Rule:
    """A rule from one entry of a flow statistics reply. Raises UntranslatableError for what no rule can say."""
    place = f"table {stats.table_id} priority {stats.priority} cookie {stats.cookie:#x}"
    try:
        match = match_from_osken(stats.match)
        actions = _from_instructions(stats.instructions)
    except (RuleError, UntranslatableError) as error:
        raise UntranslatableError(str(error), place=place, value=stats) from error
    if stats.idle_timeout or stats.hard_timeout:
        raise UntranslatableError("the rule has a timeout", place=place, value=stats)
    return Rule(table=stats.table_id, priority=stats.priority, match=match, actions=actions, cookie=stats.cookie)


def group_from_description(stats: Message) -> Group:
    """A group from one entry of a group description reply. Raises UntranslatableError."""
    if stats.type != ofp.OFPGT_ALL:
        raise UntranslatableError(f"type {stats.type} is not 'all'", place=f"group {stats.group_id:#x}", value=stats)
    buckets = tuple(Bucket(tuple(map(_from_action, bucket.actions))) for bucket in stats.buckets)
    return Group(group_id=stats.group_id, buckets=buckets)


def match_from_osken(match: Message) -> Match:
    """The fields of an OFPMatch. Raises RuleError for a field that the pipeline does not know."""
    return Match.from_pairs(
        (name, attribute_value(value) if isinstance(value, AttributeTest) else value) for name, value in match.items()
    )


def to_osken_actions(actions: Iterable[Action]) -> list[Message]:
    """An action list (without GotoTable, which is an instruction). Raises UntranslatableError."""
    return [_to_action(action) for action in actions]


def _deletion(datapath: Datapath, table: int, priority: int, cookie: int, match: Message) -> Message:
    return parser.OFPFlowMod(
        datapath,
        cookie=cookie,
        cookie_mask=0xFFFF_FFFF_FFFF_FFFF,
        table_id=table,
        command=ofp.OFPFC_DELETE_STRICT,
        priority=priority,
        out_port=ofp.OFPP_ANY,
        out_group=ofp.OFPG_ANY,
        match=match,
    )


def _to_match(match: Match) -> Message:
    pairs = [(name, attribute_test(str(given)) if name == ATTRIBUTE else given) for name, given in match.as_pairs()]
    whole = parser.OFPMatch(**dict(pairs))
    # os-ken takes one value of each field; further ones are made alone and put behind.
    last = dict(pairs)
    further = [parser.OFPMatch(**{name: given}) for name, given in pairs if last[name] is not given]
    return parser.OFPMatch(_ordered_fields=[*whole.items(), *(field for one in further for field in one.items())])


def _group_mod(datapath: Datapath, group: Group, command: int) -> Message:
    buckets = [parser.OFPBucket(actions=to_osken_actions(bucket.actions)) for bucket in group.buckets]
    return parser.OFPGroupMod(datapath, command, ofp.OFPGT_ALL, group.group_id, buckets)


def _to_instructions(actions: Sequence[Action]) -> list[Message]:
    goto = [action for action in actions if isinstance(action, GotoTable)]
    if len(goto) > 1 or (goto and actions[-1] is not goto[0]):
        raise UntranslatableError(f"{goto[0]} must be the only one and last", value=actions)
    applied = to_osken_actions(action for action in actions if not isinstance(action, GotoTable))
    instructions = []
    if applied:
        instructions.append(parser.OFPInstructionActions(ofp.OFPIT_APPLY_ACTIONS, applied))
    instructions.extend(parser.OFPInstructionGotoTable(action.table) for action in goto)
    return instructions


def _from_instructions(instructions: Iterable[Message]) -> tuple[Action, ...]:
    applied: tuple[Action, ...] = ()
    goto: tuple[Action, ...] = ()
    for instruction in instructions:
        if instruction.type == ofp.OFPIT_APPLY_ACTIONS:
            applied = tuple(map(_from_action, instruction.actions))
        elif instruction.type == ofp.OFPIT_GOTO_TABLE:
            goto = (GotoTable(instruction.table_id),)
        else:
            raise UntranslatableError(f"instruction type {instruction.type}", value=instruction)
    return applied + goto


def _to_action(action: Action) -> Message:
    write = _WRITERS.get(type(action))
    if write is None:
        raise UntranslatableError(f"{action} is an instruction, not an action", value=action)
    return write(action)


def _to_output_reg(action: OutputField) -> Message:
    whole = nicira_ext.ofs_nbits(0, REGISTER_BITS - 1)
    return parser.NXActionOutputReg(ofs_nbits=whole, src=action.field, max_len=CONTROLLER_MAX)


def _to_conntrack(action: Conntrack) -> Message:
    return parser.NXActionCT(
        flags=CT_COMMIT if action.commit else 0,
        zone_src="",
        zone_ofs_nbits=action.zone,
        recirc_table=NO_RECIRCULATION if action.table is None else action.table,
        alg=0,
        actions=[_to_action(setting) for setting in action.sets],
    )


def _from_action(action: Message) -> Action:
    read = _READERS.get(type(action).__name__)
    if read is None:
        raise UntranslatableError(f"action {type(action).__name__}", value=action)
    return read(action)


def _from_output(action: Message) -> Action:
    # Only for the controller does max_len mean anything (OpenFlow 1.4 §7.2.4.1).
    return Output(action.port, action.max_len if action.port == ofp.OFPP_CONTROLLER else 0)


def _from_output_reg(action: Message) -> Action:
    if action.ofs_nbits != nicira_ext.ofs_nbits(0, REGISTER_BITS - 1):
        raise UntranslatableError("output to a part of a register", value=action)
    return OutputField(str(action.src))


def _from_set_field(action: Message) -> Action:
    value = action.value
    if isinstance(value, tuple):
        raise UntranslatableError(f"{action.key} is set under a mask", value=action)
    return SetField(str(action.key), value)


def _from_reg_load(action: Message) -> Action:
    # What older encodings of the same action look like: all bits of a field of up to 64.
    field = ofp.oxm_get_field_info_by_name(action.dst)[1]
    if action.ofs_nbits != nicira_ext.ofs_nbits(0, field.size * 8 - 1):
        raise UntranslatableError(f"a part of {action.dst} is set", value=action)
    return SetField(str(action.dst), field.to_user(int(action.value).to_bytes(field.size, "big")))


def _from_conntrack(action: Message) -> Action:
    sets = [_from_action(inner) for inner in action.actions]
    if action.flags & ~CT_COMMIT or action.zone_src or action.alg:
        raise UntranslatableError("ct with force, a zone from a field, or an application gateway", value=action)
    if not all(isinstance(setting, SetField) for setting in sets):
        raise UntranslatableError("ct with an action that sets no field", value=action)
    return Conntrack(
        zone=action.zone_ofs_nbits,
        commit=bool(action.flags & CT_COMMIT),
        table=None if action.recirc_table == NO_RECIRCULATION else action.recirc_table,
        sets=tuple(setting for setting in sets if isinstance(setting, SetField)),
    )


def _from_move(action: Message) -> Action:
    if action.src_ofs or action.dst_ofs:
        raise UntranslatableError("a move between the middles of fields", value=action)
    return Move(str(action.src_field), str(action.dst_field), action.n_bits)


_WRITERS: Final[dict[type, Callable[[Any], Message]]] = {
    Output: lambda action: parser.OFPActionOutput(action.port, action.max_size),
    OutputField: _to_output_reg,
    SetField: lambda action: parser.OFPActionSetField(**{action.field: action.value}),
    PushVlan: lambda action: parser.OFPActionPushVlan(action.ethertype),
    PopVlan: lambda _: parser.OFPActionPopVlan(),
    ToGroup: lambda action: parser.OFPActionGroup(action.group_id),
    Move: lambda action: parser.NXActionRegMove(action.source, action.target, action.bits),
    Conntrack: _to_conntrack,
}

_READERS: Final[dict[str, Callable[[Message], Action]]] = {
    "OFPActionOutput": _from_output,
    "NXActionOutputReg": _from_output_reg,
    "OFPActionSetField": _from_set_field,
    "NXActionRegLoad": _from_reg_load,
    "NXActionRegMove": _from_move,
    "NXActionCT": _from_conntrack,
    "OFPActionPushVlan": lambda action: PushVlan(action.ethertype),
    "OFPActionPopVlan": lambda _: PopVlan(),
    "OFPActionGroup": lambda action: ToGroup(action.group_id),
}
