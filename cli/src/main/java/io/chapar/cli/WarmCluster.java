package io.chapar.cli;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.logging.ProcessLog;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/// Brokers of a cluster in one process, under load: for a process that is watched, see [Warmup]. What a cluster needs
/// is kept ready apart from the rest, since a broker that has no others would load it in vain.
final class WarmCluster {
    private static final int BROKERS = 3;
    private static final String LOAD_SECONDS = "5";

    private WarmCluster() {
    }

    /// @param args a folder that is there
    public static void main(String[] args) throws IOException {
        WarmCommands.run("", "broker", "--help");
        List<Integer> ports = freePorts(3 * BROKERS);
        List<String> voters = new ArrayList<>();
        for (int node = 1; node <= BROKERS; node++) {
            voters.add(node + "@127.0.0.1:" + ports.get(3 * node - 3));
        }
        List<CompletableFuture<Broker>> starting = new ArrayList<>();
        for (int node = 1; node <= BROKERS; node++) {
            BrokerConfig config = BrokerConfig.of(Map.of(
                    "node.id", Integer.toString(node), "quorum", String.join(",", voters),
                    "listeners", "127.0.0.1:" + ports.get(3 * node - 1),
                    "log.dirs", Path.of(args[0], "node-" + node).toString(),
                    "default.replication.factor", Integer.toString(BROKERS),
                    "group.initial.rebalance.delay.ms", "0"));
            if (node == 1) {
                ProcessLog.open(config); // of all three: they are one process
            }
            starting.add(CompletableFuture.supplyAsync(() -> Broker.start(config), Thread::startVirtualThread));
        }
        List<Broker> brokers = starting.stream().map(CompletableFuture::join).toList();
        Warmup.process(Warmup.OF_LOAD, WarmLoad.class, brokers.stream().map(one -> one.address().toString())
                .collect(Collectors.joining(",")), LOAD_SECONDS);
        brokers.getFirst().close();
        // The last ones would wait for a majority that is gone.
        System.exit(0);
    }

    /// By threes, of which the second is the one behind the first.
    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            List<Integer> ports = new ArrayList<>();
            for (int attempt = 0; ports.size() < count && attempt < 1_000; attempt++) {
                ServerSocket first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                held.add(first);
                try {
                    held.add(new ServerSocket(first.getLocalPort() + 1, 1, InetAddress.getLoopbackAddress()));
                } catch (IOException | IllegalArgumentException taken) {
                    continue;
                }
                ServerSocket third = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                held.add(third);
                ports.addAll(List.of(first.getLocalPort(), first.getLocalPort() + 1, third.getLocalPort()));
            }
            if (ports.size() < count) {
                throw new IOException("no " + count + " free ports");
            }
            return ports;
        } finally {
            for (ServerSocket one : held) {
                one.close();
            }
        }
    }
}
