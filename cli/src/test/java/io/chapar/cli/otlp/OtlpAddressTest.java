package io.chapar.cli.otlp;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

class OtlpAddressTest {
    private static final String COLLECTOR = "http://collector.example:4318";

    @ParameterizedTest
    @CsvSource({COLLECTOR + "," + COLLECTOR + "/v1/metrics", COLLECTOR + "/," + COLLECTOR + "/v1/metrics",
        COLLECTOR + "/otlp/in," + COLLECTOR + "/otlp/in", "https://x.example,https://x.example/v1/metrics"})
    void withoutAPathItIsTheUsualOne(String endpoint, String expected) {
        assertEquals(expected, OtlpAddress.of(endpoint, Map.of()).uri().toString());
    }

    @Test
    void theRestIsAsOpenTelemetryHasItForAllPrograms() {
        OtlpAddress usual = OtlpAddress.of(COLLECTOR, Map.of());
        assertEquals(60_000, usual.intervalMs());
        assertEquals(Map.of(), usual.headers());
        OtlpAddress stated = OtlpAddress.of(COLLECTOR, Map.of("OTEL_METRIC_EXPORT_INTERVAL", "5000",
                "OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc+d=, x-tenant = 7,"));
        assertEquals(5_000, stated.intervalMs());
        assertEquals(Map.of("authorization", "Bearer abc+d=", "x-tenant", "7"), stated.headers());
        assertFalse(stated.toString().contains("abc"), stated.toString());
        assertEquals(Map.of("b", "2"), OtlpAddress.of(COLLECTOR, Map.of("OTEL_EXPORTER_OTLP_HEADERS", "a=1",
                "OTEL_EXPORTER_OTLP_METRICS_HEADERS", "b=2")).headers());
    }

    @ParameterizedTest
    @CsvSource({"OTEL_METRIC_EXPORT_INTERVAL,soon", "OTEL_METRIC_EXPORT_INTERVAL,0",
        "OTEL_METRIC_EXPORT_INTERVAL,99999999999", "OTEL_EXPORTER_OTLP_HEADERS,secret",
        "OTEL_EXPORTER_OTLP_HEADERS,a b=secret", "OTEL_EXPORTER_OTLP_HEADERS,a=secret%0d%0a",
        "OTEL_EXPORTER_OTLP_HEADERS,a=secret%zz"})
    void whatMakesNoSenseIsRefusedAndNoSecretShown(String variable, String value) {
        String said = String.valueOf(assertThrows(IllegalArgumentException.class,
                () -> OtlpAddress.of(COLLECTOR, Map.of(variable, value))).getMessage());
        assertFalse(said.contains("secret"), said);
    }
}
