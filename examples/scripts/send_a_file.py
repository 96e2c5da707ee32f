"""CFDP class 2 over a link that loses a third of its packets, in virtual time: all of the file arrives."""

import random

from link.cfdp import Entity, MemoryStore, TransactionFinished

sent = bytes(range(256)) * 40
here, there = MemoryStore(), MemoryStore()
here.files["answer.bin"] = sent
node, ground = Entity(42, here), Entity(1, there)
node.put("answer.bin", "received.bin", destination_id=1)

dice = random.Random(1)
now_ns, packets, lost, ended = 0, 0, 0, False
while not ended:
    for source, target in ((node, ground), (ground, node)):
        while (octets := source.pop_pdu(now_ns)) is not None:
            packets += 1
            if dice.random() > 1 / 3:
                target.accept(octets, now_ns)
            else:
                lost += 1
    due_ns = [due for due in (node.deadline_ns, ground.deadline_ns) if due is not None]
    now_ns = max(now_ns, min(due_ns, default=now_ns))  # time jumps to the next timer
    node.step(now_ns)
    ground.step(now_ns)
    ended = any(isinstance(told, TransactionFinished) for told in node.drain_indications())

assert there.files["received.bin"] == sent
print(f"{len(sent)} octets arrived; {lost} of {packets} packets were lost, {now_ns / 1e9:.0f} s went by")
