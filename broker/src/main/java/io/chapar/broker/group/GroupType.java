package io.chapar.broker.group;

/// By whose rules the members of a group share what there is to do.
public enum GroupType {
    /// Also a group that only stores offsets.
    CLASSIC("classic"), CONSUMER("consumer"), STREAMS("streams"), SHARE("share");

    private final String kafkaName;

    GroupType(String kafkaName) {
        this.kafkaName = kafkaName;
    }

    public String kafkaName() {
        return kafkaName;
    }
}
