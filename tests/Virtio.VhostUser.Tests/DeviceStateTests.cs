using System.IO.Pipes;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>Saving and loading the state of a device, which is empty.</summary>
[SupportedOSPlatform("linux")]
public sealed class DeviceStateTests
{
    private const ulong Load = 1;
    private const ulong NoDescriptor = 0x100;

    [Fact]
    public async Task What_is_saved_is_nothing_and_ends()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        Assert.Equal(RawFrontend.Numbers(NoDescriptor), peer.Ask(FrontendRequest.SetDeviceState, RawFrontend.Numbers(0), Handle(pipe)));
        pipe.DisposeLocalCopyOfClientHandle();
        Assert.Equal(-1, pipe.ReadByte());
        Assert.Equal(0UL, peer.AskNumber(FrontendRequest.CheckDeviceState));
    }

    [Theory]
    [InlineData(0, 0UL)]
    [InlineData(1, 1UL)]
    [InlineData(4096, 1UL)]
    public async Task What_is_loaded_must_be_nothing(int length, ulong refusal)
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        using (var pipe = new AnonymousPipeServerStream(PipeDirection.Out))
        {
            Assert.Equal(
                RawFrontend.Numbers(NoDescriptor),
                peer.Ask(FrontendRequest.SetDeviceState, RawFrontend.Numbers(Load), Handle(pipe)));
            pipe.Write(new byte[length]);
        }

        Assert.Equal(refusal, peer.AskNumber(FrontendRequest.CheckDeviceState));

        // The failure of one load does not affect the next check.
        Assert.Equal(0UL, peer.AskNumber(FrontendRequest.CheckDeviceState));
    }

    [Theory]
    [InlineData(2UL)]
    [InlineData(1UL << 32)]
    public async Task A_direction_or_a_phase_that_there_is_not_is_refused_and_nothing_else(ulong directionAndPhase)
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        Assert.Equal(
            RawFrontend.Numbers(NoDescriptor | 1),
            peer.Ask(FrontendRequest.SetDeviceState, RawFrontend.Numbers(directionAndPhase), Handle(pipe)));
        pipe.DisposeLocalCopyOfClientHandle();
        Assert.Equal(-1, pipe.ReadByte());
    }

    private static SafeFileHandle Handle(AnonymousPipeServerStream pipe) =>
        new(pipe.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);
}
