package io.chapar.broker.request;

/// What a client is made with, as it says itself (KIP-511).
public record Software(String name, String version) {
    /// Of each, which every connection keeps. More says nothing.
    static final int MOST_CHARS = 256;
    public static final Software UNKNOWN = new Software("", "");

    public Software {
        name = cut(name);
        version = cut(version);
    }

    private static String cut(String text) {
        return text.length() <= MOST_CHARS ? text : text.substring(0, MOST_CHARS);
    }
}
