/// The pages that the rules come from.
enum Page {
    private static let ec2 = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"
    private static let ebs = "https://docs.aws.amazon.com/ebs/latest/"
    private static let seller = "https://docs.aws.amazon.com/marketplace/latest/userguide/"

    /// VM Import/Export: what an imported disk must be.
    static let importPrerequisites = "https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html"
    static let snapshot = ebs + "APIReference/API_StartSnapshot.html"
    static let register = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html"
    static let nvme = ebs + "userguide/nvme-ebs-volumes.html"
    static let nvmeTimeout = ebs + "userguide/timeout-nvme-ebs-volumes.html"
    static let networking = ec2 + "enhanced-networking-ena.html"
    static let instanceTypes = ec2 + "instance-types.html"
    static let boot = ec2 + "ami-boot.html"
    static let console = ec2 + "ec2-serial-console.html"
    static let keyPairs = ec2 + "ec2-key-pairs.html"
    static let metadata = ec2 + "configuring-instance-metadata-service.html"
    static let growth = ebs + "userguide/recognize-expanded-volume-linux.html"
    /// Guidelines for shared Linux AMIs.
    static let shared = ec2 + "building-shared-amis.html"
    /// AMI-based product requirements.
    static let product = seller + "product-and-ami-policies.html"
    static let practices = seller + "best-practices-for-building-your-amis.html"
    /// systemd's own words on images that are started more than once.
    static let identity = "https://systemd.io/BUILDING_IMAGES/"
}
