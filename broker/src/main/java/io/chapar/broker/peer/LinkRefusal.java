package io.chapar.broker.peer;

/// Why a broker does not take a link.
public enum LinkRefusal {
    NOT_A_PEER(1, "what came is no hello of a broker"),
    UNKNOWN_LEVEL(2, "the two brokers have no level of the protocol in common"),
    OTHER_CLUSTER(3, "the other broker is of another cluster"),
    SAME_NODE(4, "the other broker has the same node id"),
    OTHER_NODE(5, "the other broker is not the one that was dialled"),
    UNKNOWN_PURPOSE(6, "the other broker does not know what the link is for"),
    WRONG_SECRET(7, "the two brokers do not have the same cluster.secret.file, or one has none"),
    NO_CLUSTER_YET(8, "the broker that was dialled does not know its cluster yet"),
    UNKNOWN(0, "for a reason that this broker does not know");

    private final int code;
    private final String why;

    LinkRefusal(int code, String why) {
        this.code = code;
        this.why = why;
    }

    /// Whether the same hello is taken in a moment.
    public boolean passes() {
        return this == NO_CLUSTER_YET;
    }

    /// As it stands in a frame.
    int code() {
        return code;
    }

    /// For people.
    public String why() {
        return why;
    }

    static LinkRefusal of(int code) {
        for (LinkRefusal refusal : values()) {
            if (refusal.code == code) {
                return refusal;
            }
        }
        return UNKNOWN;
    }
}
