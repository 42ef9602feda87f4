package io.chapar.broker.config;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class ConsoleAccessTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:9404,auto,READ", "[::1]:9404,auto,READ", "localhost:9404,auto,READ", ":9404,auto,READ",
        "0.0.0.0:9404,auto,OFF", "192.0.2.1:9404,auto,OFF",
        "0.0.0.0:9404,read,READ", "0.0.0.0:9404,write,WRITE", "127.0.0.1:9404,write,WRITE", "127.0.0.1:9404,off,OFF"})
    void beyondThisMachineThereIsOneOnlyWhereItIsAskedFor(String listener, String access, ConsoleAccess expected) {
        assertEquals(expected, ConsoleAccess.of(
                BrokerConfig.of(Map.of("metrics.listener", listener, "console.access", access))));
    }

    @Test
    void withoutAPortThereIsNone() {
        assertEquals(ConsoleAccess.OFF, ConsoleAccess.of(BrokerConfig.of(Map.of("console.access", "write"))));
    }
}
