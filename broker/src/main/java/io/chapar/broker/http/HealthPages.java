package io.chapar.broker.http;

import com.sun.net.httpserver.HttpExchange;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/// `/live` and `/ready`, for whoever starts and stops brokers or sends clients to them: 200 where it is so, 503 where
/// it is not, and in either case a line of JSON with the reasons.
///
/// Who is not live does not come to be so again by itself. Who is not ready may: it starts or stops, or its cluster
/// does not count on it at present.
///
/// @param dead why the broker does nothing any more; null while it does. May block
/// @param unready why it is not to be counted on; null when it is
public record HealthPages(Supplier<@Nullable String> dead, Supplier<@Nullable String> unready) {
    private static final int WELL = 200;
    private static final int UNAVAILABLE = 503;

    public void addTo(Routes routes) {
        routes.readByAnyName("/live", exchange -> answer(exchange, "live", dead.get()));
        routes.readByAnyName("/ready", exchange -> answer(exchange, "ready", unready.get()));
    }

    private static void answer(HttpExchange exchange, String what, @Nullable String why) throws IOException {
        String json = "{\"" + what + "\":" + (why == null) + ",\"reasons\":["
                + (why == null ? "" : JsonText.quoted(why)) + "]}\n";
        Routes.send(exchange, why == null ? WELL : UNAVAILABLE, "application/json",
                json.getBytes(StandardCharsets.UTF_8));
    }
}
