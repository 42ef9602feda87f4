package io.chapar.console.web;

import com.sun.net.httpserver.HttpHandler;

import java.util.Map;

/// The three kinds of paths of the console: files, answers, and events.
public final class Web {
    private final Deadlines deadlines = new Deadlines();
    private final HttpHandler files;
    private final HttpHandler answers;
    private final HttpHandler events;

    /// @param views by the last part of their paths
    /// @param changes as the views; empty where nothing may be changed
    public Web(Map<String, View> views, Map<String, View> changes) {
        OriginGuard guard = new OriginGuard();
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
