package io.chapar.broker.metadata.quorum;

/// Who decides, as one broker sees it. It may be wrong: two may believe that they are the controller, and whoever is
/// not any more changes nothing, since its entries name a version that is gone.
///
/// ```
/// NoController --the library elects another--> Follows(node) --it is gone--> NoController
///      |  ^                                                                      |  ^
///      |  +--its leadership ends--- Controls <--it is ready as leader------------+  |
///      +-----------------------------------------------------------------------------+
/// ```
public sealed interface QuorumRole {
    /// This broker decides.
    record Controls() implements QuorumRole {}

    /// @param controller the id of the broker that decides
    record Follows(int controller) implements QuorumRole {}

    /// Nobody who decides is known here.
    record NoController() implements QuorumRole {}
}
