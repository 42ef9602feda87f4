package io.chapar.compatibility;

import java.nio.file.Path;
import java.util.Map;

/// One broker or three, with a client's view of them; one at a time is killed with SIGKILL and started again.
interface SomeBrokers extends AutoCloseable {
    String bootstrap();

    /// As many replicas as there can be of a topic.
    short count();

    /// Another one each time; returns when it is back.
    void killOne() throws InterruptedException;

    @Override
    void close();

    /// They run when this returns.
    ///
    /// @param count 1 or 3
    static SomeBrokers start(Path folder, int count, Map<String, String> settings) throws InterruptedException {
        if (count == 1) {
            return new One(ChaparProcess.start(folder.resolve("data"), settings.entrySet().stream()
                    .map(one -> one.getKey() + "=" + one.getValue()).toArray(String[]::new)));
        }
        ChaosCluster cluster = new ChaosCluster(folder.resolve("cluster"), settings);
        cluster.start();
        return new Three(cluster);
    }

    record One(ChaparProcess broker) implements SomeBrokers {
        @Override
        public String bootstrap() {
            return broker.bootstrap();
        }

        @Override
        public short count() {
            return 1;
        }

        @Override
        public void killOne() {
            broker.kill();
            broker.start();
        }

        @Override
        public void close() {
            broker.close();
        }
    }

    final class Three implements SomeBrokers {
        private final ChaosCluster cluster;
        private final String bootstrap;
        private int killed = 0;

        private Three(ChaosCluster cluster) {
            this.cluster = cluster;
            bootstrap = cluster.bootstrap();
        }

        @Override
        public String bootstrap() {
            return bootstrap;
        }

        @Override
        public short count() {
            return ChaosCluster.BROKERS;
        }

        @Override
        public void killOne() throws InterruptedException {
            cluster.kill(killed++ % ChaosCluster.BROKERS + 1);
            cluster.start();
        }

        @Override
        public void close() {
            cluster.close();
        }
    }
}
