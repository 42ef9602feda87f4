package io.chapar.processor;

import io.chapar.client.serde.Serde;

import java.util.Objects;

/// What each key of a topic has at the moment, all of it at every instance: [Topology#globalTable]. A stream is joined
/// with it by any key that its records name, and the two topics need not be spread alike.
///
/// An instance reads the whole topic before it processes its first record, and then what comes, each as soon as it is
/// committed. That is not in step with the stream: what a record meets is what has arrived by then.
public final class GlobalTable<G, W> {
    private final String topic;
    private final Serde<G> keySerde;
    private final Serde<W> valueSerde;

    GlobalTable(String topic, Serde<G> keySerde, Serde<W> valueSerde) {
        Topology.requireTopic(topic);
        this.topic = topic;
        this.keySerde = Objects.requireNonNull(keySerde, "keySerde");
        this.valueSerde = Objects.requireNonNull(valueSerde, "valueSerde");
    }

    String topic() {
        return topic;
    }

    Serde<G> keySerde() {
        return keySerde;
    }

    Serde<W> valueSerde() {
        return valueSerde;
    }
}
