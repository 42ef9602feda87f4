package io.chapar.console.web;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import org.jspecify.annotations.Nullable;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// Who may ask at all. A browser of somebody who can reach the console runs scripts of other sites as well, so that
/// where a request comes from says little about whose it is:
///
/// - The name in `Host` has to be an address, `localhost`, or a name that this broker is said to have: a site that lets
///   its own name point here (DNS rebinding) is known by its name.
/// - What a page of another origin sends is refused, by `Sec-Fetch-Site` and `Origin`; that a link leads here is not.
/// - Whatever changes something has to be JSON with a header of our own, which no form can send.
public final class OriginGuard {
    /// Without it nothing is changed.
    static final String OWN_HEADER = "X-Chapar-Console";

    private static final Pattern ADDRESS_4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
    private static final Pattern ADDRESS_6 = Pattern.compile("\\[[0-9a-f:.]+(%25[0-9a-z]+)?]");
    private static final Pattern PORT = Pattern.compile(":[0-9]{1,5}$");
    private static final Set<String> OWN_SITE = Set.of("same-origin", "none");
    private static final int LONGEST_HOST = 300;

    private final Set<String> hosts;

    /// @param hosts names by which browsers may come, in small letters, without ports
    public OriginGuard(Set<String> hosts) {
        this.hosts = Set.copyOf(hosts);
    }

    /// Throws a [Refusal] for whoever may not read.
    ///
    /// @param isPage a link of another site may lead to it
    void requireReader(HttpExchange exchange, boolean isPage) {
        Headers headers = exchange.getRequestHeaders();
        String host = only(headers, "Host");
        if (host == null || !isKnown(host)) {
            throw new Refusal(403, "The console does not answer to this name, but to addresses, localhost, and the"
                    + " names in metrics.listener and advertised.listeners");
        }
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

    private static @Nullable String only(Headers headers, String name) {
        var all = headers.get(name);
        return all == null || all.size() != 1 ? null : all.getFirst();
    }

    private boolean isKnown(String host) {
        if (host.length() > LONGEST_HOST) {
            return false;
        }
        String name = PORT.matcher(host.toLowerCase(Locale.ROOT)).replaceFirst("");
        return name.equals("localhost") || name.endsWith(".localhost") || hosts.contains(name)
                || ADDRESS_4.matcher(name).matches() || ADDRESS_6.matcher(name).matches();
    }
}
