package io.chapar.broker.metadata;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ManualLoop;

import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;

class SharedMetadataContractTest extends MetadataLogContract {
    @Override
    protected Brokers open() {
        ManualLoop loop = new ManualLoop();
        SharedMetadata shared = new SharedMetadata(new Random(2), 50, TopicConfig::problem);
        List<SharedMetadata.View> views = IntStream.range(0, 3).mapToObj(_ -> shared.open(loop)).toList();
        views.getFirst().propose(new MetadataCommand.RegisterBroker(
                Registration.alone(1, new UUID(1, 1)), new TreeMap<>(), true), loop, _ -> { });
        loop.advance(100);
        return new Brokers() {
            @Override
            public int size() {
                return views.size();
            }

            @Override
            public MetadataLog log(int broker) {
                return views.get(broker);
            }

            @Override
            public Loop loop(int broker) {
                return loop;
            }

            @Override
            public void turn() {
                loop.advance(5);
            }

            @Override
            public void close() {
                views.forEach(SharedMetadata.View::close);
            }
        };
    }
}
