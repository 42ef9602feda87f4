package io.chapar.console.web;

import com.sun.net.httpserver.HttpHandler;

import java.util.Map;
import java.util.Set;

/// The three kinds of paths of the console: files, answers, and events.
public final class Web {
    private final Deadlines deadlines = new Deadlines();
    private final HttpHandler files;
    private final HttpHandler answers;
    private final HttpHandler events;

    /// @param hosts as [OriginGuard]
    /// @param views by the last part of their paths
    /// @param changes as the views; empty where nothing may be changed
    public Web(Set<String> hosts, Map<String, View> views, Map<String, View> changes) {
        OriginGuard guard = new OriginGuard(hosts);
        files = new Files(guard, deadlines);
        answers = new Answers(guard, deadlines, views, changes);
        events = new Events(guard, deadlines, views);
    }

    public HttpHandler files() {
        return files;
    }

    public HttpHandler answers() {
        return answers;
    }

    public HttpHandler events() {
        return events;
    }

    public void close() {
        deadlines.close();
    }
}
