"""The result of a verification as a message of the northbound API."""

from controller_app.northbound import appsteer_pb2 as pb
from steering.network import CatalogueView, NetworkView
from steering.verify import Proof, in_words
from steering.verify.text import connection_text, packet_text, step_text


def verify_message(proof: Proof, network: NetworkView, catalogue: CatalogueView) -> pb.VerifyReply:
    """The result of a verification."""
    return pb.VerifyReply(
        switches=proof.switches,
        rules=proof.rules,
        counter_examples=[
            pb.CounterExample(
                kind=example.kind,
                switch_name=network.switches[example.witness.at[0]].name,
                port=example.witness.at[1],
                packet=packet_text(example.witness.packet),
                connection=connection_text(example.witness.edge, catalogue),
                policy="" if example.decision is None else example.decision.policy or "",
                line=example.line or 0,
                wanted=example.wanted,
                found=example.found,
                blamed="" if example.blamed is None else step_text(example.blamed, network),
                confirmed=example.is_confirmed,
                text=in_words(example, network, catalogue),
            )
            for example in proof.counter_examples
        ],
    )
