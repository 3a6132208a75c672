import Building
import Conversion
import Documents

/// The one target of the predecessor's builds that has no provider yet: a fixed VHD of whole MiB, whose initramfs has Hyper-V's
/// drivers (learn.microsoft.com, "Prepare Linux for imaging in Azure"). Azure's other rules are asked of nobody: the image is
/// judged by those of `local`.
enum AzureImage {
    static let target = "azure"
    static let format = TargetFormat.vhd

    static func recipe() -> Recipe {
        var recipe = Recipe()
        recipe.add(drivers: ["hv_vmbus", "hv_storvsc", "hv_netvsc"], place: "--target \(target)")
        return recipe
    }

    /// - Throws: `Failure` (usage) if the name's ending says another format than the one that Azure takes.
    static func check(_ output: String?) throws(Failure) {
        guard let output, TargetFormat(fileName: output) != format else { return }
        throw Failure(.usage, "Azure takes fixed VHD files alone", place: output, hint: "end the name in .vhd")
    }

    /// What people must know who build for it.
    static let told =
        "no provider azure is installed: a fixed VHD with Hyper-V's drivers, judged by the rules of local alone"
}
