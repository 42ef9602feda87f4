package io.chapar.broker.metadata;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ManualLoop;

import java.io.IOException;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

class LocalMetadataLogContractTest extends MetadataLogContract {
    @Override
    protected Brokers open() throws IOException {
        ManualLoop loop = new ManualLoop();
        LocalMetadataLog log = LocalMetadataLog.open(
                new MemoryDisk(), loop, new ControllerCore(new Random(1), TopicConfig::problem), 1);
        log.propose(new MetadataCommand.RegisterBroker(
                Registration.alone(1, new UUID(1, 1)), new TreeMap<>(), true), loop, _ -> { });
        return new Brokers() {
            @Override
            public int size() {
                return 1;
            }

            @Override
            public MetadataLog log(int broker) {
                return log;
            }

            @Override
            public Loop loop(int broker) {
                return loop;
            }

            @Override
            public void turn() {
                loop.runAll();
            }

            @Override
            public void close() throws IOException {
                log.close();
            }
        };
    }
}
