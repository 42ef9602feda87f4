package io.chapar.broker.request;

/// What a client is made with, as it says itself (KIP-511).
public record Software(String name, String version) {
    public static final Software UNKNOWN = new Software("", "");
}
