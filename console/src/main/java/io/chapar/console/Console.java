package io.chapar.console;

import com.sun.net.httpserver.HttpHandler;
import io.chapar.console.view.Views;
import io.chapar.console.web.Web;

/// A web page that shows a cluster to whoever runs it, as handlers for an HTTP server that gives each exchange a thread
/// that may block, and hands on no request whose `Host` is somebody else's name. It is a client of the cluster like
/// any other: what it asks is answered by the brokers that know, by their rules and bounds, and it sees no more of the
/// broker in whose process it runs than of the others.
///
/// Nothing of it runs before somebody opens the page.
public final class Console implements AutoCloseable {
    /// The page; what it asks for is below.
    public static final String PATH = "/console/";
    public static final String ANSWERS_PATH = PATH + "api/";
    public static final String EVENTS_PATH = PATH + "events/";
    /// Exchanges at a time, of each kind.
    public static final int FILES_AT_ONCE = 64;
    public static final int ANSWERS_AT_ONCE = 16;
    public static final int EVENTS_AT_ONCE = 32;

    private final Views views;
    private final Web web;

    private Console(Views views, Web web) {
        this.views = views;
        this.web = web;
    }

    /// @param bootstrap where a broker of the cluster is reached, `HOST:PORT`
    /// @param writes whether it may change something
    public static Console of(String bootstrap, boolean writes) {
        Views views = new Views(bootstrap, writes);
        return new Console(views, new Web(views.all(), views.changes()));
    }

    public HttpHandler files() {
        return web.files();
    }

    public HttpHandler answers() {
        return web.answers();
    }

    public HttpHandler events() {
        return web.events();
    }

    @Override
    public void close() {
        web.close();
        views.close();
    }
}
