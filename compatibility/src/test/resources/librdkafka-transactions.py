"""Transactional producers of librdkafka, driven by a line at a time.

Each line on standard input is a command; each is answered by one line: "ok", or "error NAME fatal|abort|retry|other".
"""
import sys

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

BOOTSTRAP = sys.argv[1]
WAIT_S = 60
producers = {}


def new(name, transactional_id, timeout_ms):
    producers[name] = Producer({
        "bootstrap.servers": BOOTSTRAP,
        "transactional.id": transactional_id,
        "transaction.timeout.ms": int(timeout_ms),
        "message.timeout.ms": int(timeout_ms),
        "socket.timeout.ms": min(10000, int(timeout_ms)),
        "reconnect.backoff.max.ms": 200,
        "log_level": 0,
    })
    producers[name].init_transactions(WAIT_S)


def begin(name):
    producers[name].begin_transaction()


def send(name, topic, partition, value):
    failed = []
    producers[name].produce(
        topic, value=value, partition=int(partition),
        on_delivery=lambda error, _: failed.append(error) if error else None)
    left = producers[name].flush(WAIT_S)
    if failed:
        raise KafkaException(failed[0])
    if left:
        raise RuntimeError("%d records are not delivered" % left)


def offsets(name, group, topic, partition, offset):
    consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": group, "log_level": 0})
    try:
        producers[name].send_offsets_to_transaction(
            [TopicPartition(topic, int(partition), int(offset))], consumer.consumer_group_metadata(), WAIT_S)
    finally:
        consumer.close()


def commit(name):
    producers[name].commit_transaction(WAIT_S)


def abort(name):
    producers[name].abort_transaction(WAIT_S)


COMMANDS = {each.__name__: each for each in (new, begin, send, offsets, commit, abort)}

for line in sys.stdin:
    command, *arguments = line.split()
    try:
        COMMANDS[command](*arguments)
        answer = "ok"
    except KafkaException as e:
        error = e.args[0]
        kind = ("fatal" if error.fatal() else "abort" if error.txn_requires_abort()
                else "retry" if error.retriable() else "other")
        answer = "error %s %s" % (error.name(), kind)
    except Exception as e:  # whatever it is, the test is to see it
        answer = "error %r other" % e
    print(answer.replace("\n", " "), flush=True)
