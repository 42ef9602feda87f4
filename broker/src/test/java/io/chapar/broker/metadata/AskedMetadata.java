package io.chapar.broker.metadata;

import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Metadata whose questions a test answers by hand, each on the loop of the test. Of changes it tells nobody: a test
/// does that by hand, too.
public final class AskedMetadata implements MetadataLog {
    private final Supplier<ClusterImage> image;
    private final List<MetadataCommand<?>> asked = new ArrayList<>();
    private final List<Consumer<Proposed<?>>> answers = new ArrayList<>();

    public AskedMetadata(Supplier<ClusterImage> image) {
        this.image = image;
    }

    /// What was asked so far, answered or not.
    public List<MetadataCommand<?>> asked() {
        return asked;
    }

    /// @param question its place in [#asked]
    public void decided(int question) {
        answers.get(question).accept(new Committed<>(List.of()));
    }

    /// Nobody knows whether it was decided.
    ///
    /// @param question its place in [#asked]
    public void unanswered(int question) {
        answers.get(question).accept(new Unknown<>(ErrorCode.REQUEST_TIMED_OUT, "nobody answers"));
    }

    @Override
    public ClusterImage image() {
        return image.get();
    }

    @Override
    @SuppressWarnings("unchecked")
    public <R> void propose(MetadataCommand<R> command, long deadlineMs, Loop on, Consumer<Proposed<R>> done) {
        asked.add(command);
        answers.add(answer -> done.accept((Proposed<R>) answer));
    }

    @Override
    public void onChange(ChangeListener listener) {}

    @Override
    public @Nullable String trouble() {
        return null;
    }
}
