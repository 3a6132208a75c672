/// What a virtual machine that runs the guest's programs is started with.
public struct MachineStart: Sendable, Equatable, Codable {
    /// By their paths in the guest.
    public var kernel: String
    public var initramfs: [String]
    /// The host's folder where the machine's files are put: `kernel`, `initramfs` (all in one) and `seed`.
    public var folder: String
    /// Commands that have been run.
    public var done: [[String]]

    /// - Parameter folder: of nobody else's.
    public init(kernel: String, initramfs: [String], folder: String, done: [[String]] = []) {
        (self.kernel, self.initramfs, self.folder, self.done) = (kernel, initramfs, folder, done)
    }

    /// What the kernel starts: a file of the guest's for as long as there are commands to run.
    public static let program = "/eulerpublisher-init"
}
