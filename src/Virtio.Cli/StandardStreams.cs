using System.Runtime.Versioning;
using Virtio.Linux;

namespace Virtio.Cli;

/// <summary>The streams the process was started with.</summary>
[SupportedOSPlatform("linux")]
internal static class StandardStreams
{
    /// <summary>One of them; empty where it was closed.</summary>
    internal static Stream Open(int descriptor, FileAccess access) =>
        DescriptorStream.IsInherited(descriptor) ? new DescriptorStream(descriptor, access) : Stream.Null;
}
