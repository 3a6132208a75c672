import Documents
import ProviderAPI

extension Providers {
    /// Ids of the enabled providers that judge disk images, in the order of a list.
    public var judging: [String] {
        entries.compactMap { entry in
            guard case .enabled = entry.state, let manifest = entry.provider?.manifest,
                manifest.artifacts.contains("disk"), manifest.operations.contains(EP_OP_CHECK)
            else { return nil }
            return manifest.id
        }
    }
}
