package io.chapar.broker.handler;

import io.chapar.broker.budget.LogBudget;
import io.chapar.broker.config.LogSettings;
import io.chapar.broker.logging.OneLine;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/// Says of every request that changes something other than records what it was, who asked, from where, and what came
/// of it: one line each when it is answered, by the broker that was asked, on a logger of its own. Of a second no more
/// than so many: a client that repeats itself does not fill the disk, and how many were left out is said.
final class AdminLog extends ForwardedContext {
    private static final Logger LOG = LoggerFactory.getLogger(LogSettings.ADMIN_LOGGER);
    private static final LogBudget LINES = new LogBudget(100);
    /// Of what a client chose, in one place of a line.
    private static final int MOST_NAME_CHARS = 120;
    private static final int MOST_CHARS = 600;
    private static final Pattern BARE = Pattern.compile("[\\w./:@%*+-]+");

    private final String api;
    private final String what;

    private AdminLog(RequestContext request, String api, String what) {
        super(request);
        this.api = api;
        this.what = what;
    }

    /// The request's context, which says what becomes of it if anybody wants to know.
    static RequestContext of(Request request, RequestContext context) {
        return LOG.isInfoEnabled()
                ? new AdminLog(context, name(ApiKey.of(request)), AdminRequest.text(request)) : context;
    }

    /// As Kafka writes it: `CreateTopics`.
    private static String name(ApiKey api) {
        StringBuilder name = new StringBuilder();
        for (String word : api.name().split("_")) {
            name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return name.toString();
    }

    @Override
    public void reply(Response response) {
        if (LOG.isInfoEnabled()) {
            say(AdminResponse.text(response));
        }
        super.reply(response);
    }

    @Override
    public void close(String reason) {
        say("closed: " + reason);
        super.close(reason);
    }

    private void say(String result) {
        String end = LINES.line(nowMs());
        if (end != null) {
            say(fields(api, request.principal(), request.clientHost(), request.clientId(), what, result), end);
        }
    }

    /// By their names, in order.
    static Map<String, String> fields(
            String api, String principal, String from, String client, String what, String result) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("api", api);
        fields.put("principal", OneLine.of(principal, MOST_NAME_CHARS));
        fields.put("from", OneLine.of(from, MOST_NAME_CHARS));
        fields.put("client", OneLine.of(client, MOST_NAME_CHARS));
        fields.put("what", OneLine.of(what, MOST_CHARS));
        fields.put("result", OneLine.of(result, MOST_CHARS));
        return fields;
    }

    /// What one value says is never taken for another.
    static String line(Map<String, String> fields) {
        StringBuilder line = new StringBuilder();
        fields.forEach((name, value) -> line.append(line.isEmpty() ? "" : " ").append(name).append('=')
                .append(BARE.matcher(value).matches() ? value
                        : '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"'));
        return line.toString();
    }

    private static void say(Map<String, String> fields, String end) {
        fields.forEach(MDC::put);
        try {
            LOG.info("{}{}", line(fields), end);
        } finally {
            fields.keySet().forEach(MDC::remove);
        }
    }
}
