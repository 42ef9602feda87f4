"""A member of a consumer group of librdkafka, which commits what it has read before it reads on.

Each line on standard output says what happened, and when by the clock that all processes of a machine share. It leaves
when its standard input ends.
"""
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, libversion

BOOTSTRAP, TOPIC, GROUP, *SETTINGS = sys.argv[1:]
AT_ONCE = 20
ending = threading.Event()
read = {}  # by partition, the first and the last offset that are not said yet


def say(what, *words):
    print(time.monotonic_ns(), what, *words, flush=True)


def await_end():
    sys.stdin.read()
    ending.set()


def say_read(partition):
    say("read", partition, *read.pop(partition))


def note(message):
    partition, offset = message.partition(), message.offset()
    if partition in read and offset != read[partition][1] + 1:
        say_read(partition)
    read[partition] = (read.get(partition, (offset,))[0], offset)


def commit(consumer):
    if not read:
        return
    for partition in sorted(read):
        say_read(partition)
    try:
        for each in consumer.commit(asynchronous=False):
            if each.error is None:
                say("committed", each.partition, each.offset)
            else:
                say("refused", each.partition, each.error.name())
    except KafkaException as e:
        say("refused", -1, e.args[0].name())


def assigned(_, partitions):
    for each in partitions:
        say("assigned", each.partition)


def revoked(consumer, partitions):
    commit(consumer)
    for each in partitions:
        say("revoked", each.partition)


def lost(_, partitions):
    for partition in sorted(read):
        say_read(partition)
    for each in partitions:
        say("lost", each.partition)


def main():
    say("library", libversion()[0])
    threading.Thread(target=await_end, daemon=True).start()
    consumer = Consumer({
        "bootstrap.servers": BOOTSTRAP,
        "group.id": GROUP,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "reconnect.backoff.max.ms": 500,
        "log_level": 0,
        **dict(each.split("=", 1) for each in SETTINGS),
    })
    consumer.subscribe([TOPIC], on_assign=assigned, on_revoke=revoked, on_lost=lost)
    count = 0
    while not ending.is_set():
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            note(message)
            count += 1
        elif message is not None:
            say("failed", message.error().name())
        if message is None or count >= AT_ONCE:
            commit(consumer)
            count = 0
    commit(consumer)
    consumer.close()
    say("left")


main()
