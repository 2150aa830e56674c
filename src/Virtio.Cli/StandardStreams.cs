using System.Runtime.Versioning;
using Virtio.Linux;

namespace Virtio.Cli;

/// <summary>The standard streams that the process inherited.</summary>
[SupportedOSPlatform("linux")]
internal static class StandardStreams
{
    /// <summary>Opens a standard stream; an empty one where the descriptor was closed.</summary>
    internal static Stream Open(int descriptor, FileAccess access) =>
        DescriptorStream.IsInherited(descriptor) ? new DescriptorStream(descriptor, access) : Stream.Null;
}
