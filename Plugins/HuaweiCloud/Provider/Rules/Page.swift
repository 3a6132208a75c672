/// The pages that the rules come from.
enum Page {
    private static let guide = "https://support.huaweicloud.com/usermanual-ims/"
    private static let handbook = "https://docs.otc.t-systems.com/image-management-service/umn/"
    private static let search = "https://www.huaweicloud.com/s/"

    /// Preparing a Linux image file: the table of what it must be.
    static let file = guide + "ims_01_0209.html"
    static let quickImport = "https://support.huaweicloud.com/api-ims/ims_03_0605.html"
    static let register = guide + "ims_01_0211.html"
    static let loader = guide + "ims_01_0324.html"
    static let fstab = guide + "ims_01_0325.html"
    static let drivers = guide + "ims_01_0326.html"
    static let logs = guide + "ims_01_0327.html"
    static let networkRules = guide + "ims_01_0406.html"
    static let dhcp = guide + "zh-cn_topic_0030713176.html"
    static let cloudInit = guide + "zh-cn_topic_0030730603.html"
    static let cloudInitSettings = guide + "ims_01_0407.html"
    // The same service's handbook of another operator, which says more on these.
    static let automaticConfiguration =
        handbook
        + "faqs/image_optimization/what_will_the_system_do_to_an_image_file_when_i_use_the_file_to_register_a_private_image.html"
    static let access = handbook + "linux_operations/configuring_cloud-init.html"
    static let console = handbook + "linux_operations/configuring_console_logging.html"
    /// The marketplace's standard for the security scan of images.
    static let scan =
        search
        + "JemAmui_h-a1j-iniOWZqOiuv-mXruaTjeS9nG15c3Fs5pWw5o2u5bqTJQ/t_30_p_19/JeS6keWVhuW6lyU"
}
