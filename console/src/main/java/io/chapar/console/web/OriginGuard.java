package io.chapar.console.web;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;

import java.util.Locale;
import java.util.Set;

/// Who may ask at all. A browser of somebody who can reach the console runs scripts of other sites as well, so that
/// where a request comes from says little about whose it is:
///
/// - The name in `Host` is one of the broker's: the server has seen to it before it hands on a request, so that a site
///   which lets its own name point here (DNS rebinding) does not come as far.
/// - What a page of another origin sends is refused, by `Sec-Fetch-Site` and `Origin`; that a link leads here is not.
/// - Whatever changes something has to be JSON with a header of our own, which no form can send.
public final class OriginGuard {
    /// Without it nothing is changed.
    static final String OWN_HEADER = "X-Chapar-Console";

    private static final Set<String> OWN_SITE = Set.of("same-origin", "none");
    /// Throws a [Refusal] for whoever may not read.
    ///
    /// @param isPage a link of another site may lead to it
    void requireReader(HttpExchange exchange, boolean isPage) {
        Headers headers = exchange.getRequestHeaders();
        String host = headers.getFirst("Host");
        String site = headers.getFirst("Sec-Fetch-Site");
        boolean isLink = isPage && "navigate".equals(headers.getFirst("Sec-Fetch-Mode"))
                && "document".equals(headers.getFirst("Sec-Fetch-Dest"));
        if (site != null && !OWN_SITE.contains(site) && !isLink) {
            throw new Refusal(403, "The console answers to its own pages alone");
        }
        String origin = headers.getFirst("Origin");
        if (origin != null && !origin.equals("http://" + host) && !origin.equals("https://" + host)) {
            throw new Refusal(403, "The console answers to its own pages alone");
        }
    }

    /// Throws a [Refusal] for whoever may not change anything. To be asked after [#requireReader].
    void requireWriter(HttpExchange exchange) {
        Headers headers = exchange.getRequestHeaders();
        String type = headers.getFirst("Content-Type");
        if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
            throw new Refusal(415, "What is to be changed is sent as application/json");
        }
        if (headers.getFirst(OWN_HEADER) == null) {
            throw new Refusal(403, "What is to be changed is sent with the header " + OWN_HEADER);
        }
    }
}
