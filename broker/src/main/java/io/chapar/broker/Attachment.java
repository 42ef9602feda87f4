package io.chapar.broker;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.metadata.MetadataLog;
import org.jspecify.annotations.Nullable;

/// How a broker belongs to its cluster: alone ([AloneAttachment]) or with others ([ClusterAttachment]). Opening one
/// begins a life of this broker in the metadata.
///
/// ```
/// open --> core --> serve --> leave --> close
///   +--------+--------+--------> abandon
/// ```
/// On the thread that starts and stops the broker, which may be made to wait.
interface Attachment {
    MetadataLog metadata();

    /// This broker, made so that it misses no change of the metadata.
    BrokerCore core(DataFolder folder);

    /// Its logs are open and clients are served. Returns when the cluster counts on this broker.
    void serve(BrokerCore core);

    /// Why the cluster does not count on this broker; null while it does. From any thread.
    @Nullable String whyNotReady();

    /// Whatever this broker leads goes to others as far as it can, while it still serves.
    void leave();

    /// When its logs are closed.
    ///
    /// @param isAllOnDisk whether that went as it should
    void close(boolean isAllOnDisk);

    /// Without anything having been brought to its end.
    void abandon();
}
