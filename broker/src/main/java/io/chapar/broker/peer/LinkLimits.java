package io.chapar.broker.peer;

/// What one link may take.
///
/// @param mostFrameBytes of what a leader sends a follower: batches
/// @param mostQuestionBytes of every other frame, but those of a [Matter], from a broker that has proven who it is
/// @param mostElements of a question or an answer, over all its lists
public record LinkLimits(int mostFrameBytes, int mostQuestionBytes, int mostElements) {
    private static final int MOST_QUESTION_BYTES = 4 << 20;
    private static final int MOST_ELEMENTS = 200_000;
    /// What a frame has beside its batches.
    private static final int HEAD_BYTES = 1 << 10;

    /// Of a frame that comes on a link, before anything is known of it but its length.
    ///
    /// @param atDialler whether it comes from the side that was dialled
    int mostBytes(LinkPurpose purpose, boolean atDialler) {
        return switch (purpose) {
            case QUESTIONS -> Math.max(mostQuestionBytes, LinkFrames.IN_BYTES_HEAD + Matter.PROPOSAL.mostBytes());
            case FOLLOW -> atDialler ? mostFrameBytes : mostQuestionBytes;
            case VOTERS -> LinkFrames.IN_BYTES_HEAD + Matter.CONSENSUS.mostBytes();
            case FEED -> LinkFrames.IN_BYTES_HEAD + Matter.FEED.mostBytes();
        };
    }

    /// @param largestBatch that a log may have
    public static LinkLimits of(int largestBatch) {
        return new LinkLimits(Math.max(MOST_QUESTION_BYTES, Math.addExact(largestBatch, HEAD_BYTES)),
                MOST_QUESTION_BYTES, MOST_ELEMENTS);
    }
}
