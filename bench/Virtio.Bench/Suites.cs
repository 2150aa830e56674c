namespace Virtio.Bench;

/// <summary>The suites' names, in the order in which they run.</summary>
internal static class Suites
{
    internal const string Rings = "rings";
    internal const string Processor = "processor";
    internal const string Native = "native";
    internal const string Kvm = "kvm";
    internal const string VhostUser = "vhost-user";
    internal const string Boot = "boot";
    internal const string Fio = "fio";

    internal static IReadOnlyList<string> All => [Rings, Processor, Native, Kvm, VhostUser, Boot, Fio];
}
