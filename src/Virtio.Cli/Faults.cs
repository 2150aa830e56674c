using System.Net.Sockets;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary>Turns what went wrong into one line and an exit status.</summary>
internal static class Faults
{
    internal static int Report(Exception fault)
    {
        StandardError.WriteMessage(Describe(fault));
        if (StandardError.WantsDetails)
            StandardError.WriteLine(fault.ToString());
        return ExitStatus.Failure;
    }

    private static string Describe(Exception fault) => fault switch
    {
        // These are written for people already.
        CommandException or BootException or PlatformNotSupportedException or IOException or UnauthorizedAccessException or SocketException => fault.Message,
        ArgumentException argument => argument.ParamName is null ? argument.Message : argument.Message.Replace($" (Parameter '{argument.ParamName}')", "", StringComparison.Ordinal),
        OutOfMemoryException => "this host has not enough memory; give the guest less with --memory",
        _ => $"internal fault, please report it with what VIRTIO_DEBUG=1 shows: {fault.GetType().Name}: {fault.Message}",
    };
}
