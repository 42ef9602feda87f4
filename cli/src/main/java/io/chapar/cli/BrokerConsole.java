package io.chapar.cli;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.ConsoleAccess;
import io.chapar.broker.config.HostPort;
import io.chapar.console.Console;
import org.jspecify.annotations.Nullable;

import java.util.Map;

/// The console on the HTTP port of a broker.
record BrokerConsole(Console console, String address) implements AutoCloseable {
    private static final Map<String, String> EVERYWHERE = Map.of("0.0.0.0", "127.0.0.1", "::", "::1", "", "127.0.0.1");

    /// Null where there is to be none.
    static @Nullable BrokerConsole open(Broker broker, BrokerConfig config) {
        ConsoleAccess access = ConsoleAccess.of(config);
        HostPort at = config.metricsListener();
        if (access == ConsoleAccess.OFF || at == null) {
            return null;
        }
        HostPort dialled = onThisMachine(broker.address().host(), broker.address().port());
        Console console = Console.of(dialled.toString(), access == ConsoleAccess.WRITE);
        broker.routes()
                .all(Console.PATH, console.files(), Console.FILES_AT_ONCE)
                .all(Console.ANSWERS_PATH, console.answers(), Console.ANSWERS_AT_ONCE)
                .all(Console.EVENTS_PATH, console.events(), Console.EVENTS_AT_ONCE);
        return new BrokerConsole(console,
                "http://" + onThisMachine(at.host(), broker.httpPort()) + Console.PATH);
    }

    private static HostPort onThisMachine(String host, int port) {
        return new HostPort(EVERYWHERE.getOrDefault(host, host), port);
    }

    @Override
    public void close() {
        console.close();
    }
}
