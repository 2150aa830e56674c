using System.Text.RegularExpressions;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.Storage;
using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Driver;

/// <summary>
/// The library and the testing kit answer a wrong argument with a sentence that says what is wrong, not with an exception of the framework.
/// </summary>
public sealed class WrongArgumentTests
{
    private static readonly Dictionary<string, Action> Cases = new()
    {
        ["the bus has 1 devices, numbered from 0"] = () => OnBus(bus => bus.Driver(1)),
        ["the bus has 1 devices, numbered from 0 (suspend)"] = () => OnBus(bus => bus.Mmio.SuspendQueue(1, 0, TimeSpan.Zero)),
        ["device 0 has 1 queues, numbered from 0"] = () => OnBus(bus => bus.Mmio.ResumeQueue(0, 1, default)),
        ["device 1 is null"] = () => _ = new TestBus(new EntropyDevice(), null!),
        ["devices 0 and 1 are the same object, a EntropyDevice"] = () => Twice(new EntropyDevice()),
        ["queue 1 of device 0, a ProbeDevice, has 40000 descriptors; at most 32768 are allowed"] =
            () => _ = new TestBus(new ProbeDevice { Sizes = [4, 40000] }),
        ["the registers of a device take at least 512 bytes"] = () => WithBus(new MmioBusOptions { DeviceSize = 100 }),
        ["1 devices of 4096 bytes do not fit above this address"] = () => WithBus(new MmioBusOptions { BaseAddress = ulong.MaxValue - 10 }),
        ["interrupts are numbered from 0"] = () => WithBus(new MmioBusOptions { FirstInterrupt = -1 }),
        ["a worker polls for a time of zero or more"] = () => WithBus(new MmioBusOptions { PollTime = TimeSpan.FromSeconds(-1) }),
        ["a limit is more than zero, or Timeout.InfiniteTimeSpan"] =
            () => _ = new TestBus(new TestBusOptions { StopLimit = TimeSpan.Zero }, new EntropyDevice()),
        ["is not whole pages of 4096 bytes"] = () => _ = new TestBus(new TestBusOptions { MemorySize = 1000 }, new EntropyDevice()),
        ["AllocateMemory returned null instead of the RAM"] =
            () => _ = new TestBus(new TestBusOptions { AllocateMemory = _ => null! }, new EntropyDevice()),
        ["the device, a EntropyDevice, has 1 queues, numbered from 0"] = () => OnBus(bus => bus.Driver().Start().Queue(1)),
        ["queue 0 is not set up"] = () => OnBus(bus => bus.Driver().Queue()),
        ["the device, a EntropyDevice, has 1 queues, numbered from 0 (set up)"] = () => OnBus(bus => bus.Driver().SetUpQueue(-1)),
        ["a ring has 1 to 32768 descriptors"] = () => OnBus(bus => bus.Driver().SetUpQueue(0, 0)),
        ["the device, a EntropyDevice, has 1 queues, numbered from 0 (reset)"] = () => OnBus(bus => bus.Driver().ResetQueue(7)),
        ["the registers of the device are at 0 to 4095"] = () => OnBus(bus => bus.Driver().ReadRegister(4096)),
        ["an offset in configuration space is 0 or more"] = () => OnBus(bus => bus.Driver().ReadConfig<byte>(-1)),
        ["the device, a EntropyDevice, is of the type Entropy (4), not Block (2)"] = () => OnBus(bus => _ = new BlockDriver(bus.Driver())),
        ["the device, a EntropyDevice, is of the type Entropy (4), not Console (3)"] = () => OnBus(bus =>
            _ = new ConsoleDriver(bus.Driver())),
        ["the device, a ConsoleDevice, is of the type Console (3), not Entropy (4)"] = () => OnBus(bus =>
            _ = new EntropyDriver(bus.Driver()), new ConsoleDevice()),
        ["an exchange needs a request, or room for an answer, or both"] = () => OnBus(bus => bus.Driver().Start().Queue().Exchange([], 0)),
        ["the room for an answer is 0 bytes or more"] = () => OnBus(bus => bus.Driver().Start().Queue().Exchange([], -1)),
        ["a chain has at least one buffer"] = () => OnBus(bus => bus.Driver().Start().Queue().Offer()),
        ["queue 0 has no room for a chain of 65 descriptors: it has 64, and 0 chains"] = () => OnBus(bus =>
            bus.Driver().Start().Queue().Offer(new DriverBuffer[65])),
        ["queue 0 has 64 slots, numbered from 0"] = () => OnBus(bus => bus.Driver().Start().Queue().EnableInterruptsAfter(-1)),
        ["queue 0 has 64 slots, numbered from 0 (packed)"] = () => OnBus(bus =>
            ((PackedDriverQueue)bus.Driver().Start().Queue()).ReadDescriptor(64)),
        ["a chain has at least one descriptor"] = () => OnBus(bus => ((PackedDriverQueue)bus.Driver().Start().Queue()).OfferRaw()),
        ["queue 0 has 64 descriptors, numbered from 0"] = () => OnBus(bus =>
            ((SplitDriverQueue)bus.Driver().Start((ulong)VirtioFeatures.Version1).Queue()).ReadDescriptor(-1)),
        ["queue 0 has 64 entries in its available ring, numbered from 0"] =
            () => OnBus(bus => ((SplitDriverQueue)bus.Driver().Start((ulong)VirtioFeatures.Version1).Queue()).WriteAvailable(64, 0)),
        ["a buffer has 0 bytes or more"] = () => DriverBuffer.Readable(0, -1),
        ["a block has at least 1 byte"] = () => OnBus(bus => bus.Allocator.Allocate(0)),
        ["no block of 64 bytes was ever allocated there"] = () => OnBus(bus => bus.Allocator.Free(0x1000, 64)),
        ["guest memory is used up: no room for 134217728 bytes more"] = () => OnBus(bus => bus.Allocator.Allocate(100 << 20)),
        ["not all of the 8 bytes from here on are guest RAM"] = () => OnBus(bus => bus.Read(0, 8)),
        ["a length is 0 or more"] = () => OnBus(bus => bus.Read(0x8000_0000, -1)),
        ["a configuration space has 0 bytes or more"] = () => _ = new ConfigSpace(-1),
        ["the configuration space of 4 bytes has no 2 bytes there"] = () => new ConfigSpace(4).Update(3, [1, 2]),
        ["a queue has 1 to 32768 descriptors"] = () => _ = new BlockDevice(new MemoryStorage(512),
            new BlockDeviceOptions { QueueSize = 0 }),
        ["a disk has 1 to 256 queues"] = () => _ = new BlockDevice(new MemoryStorage(512), new BlockDeviceOptions { Queues = 0 }),
        ["a storage has 0 bytes or more"] = () => _ = new MemoryStorage(-1),
        ["there are 0 bytes left"] = () => InHandler(chain => chain.Reader.Take(1, [])),
        ["there are 8 bytes of room left"] = () => InHandler(chain => chain.Writer.Take(-1, [])),
        ["the chain was completed before"] = () => InHandler(chain =>
        {
            chain.Complete();
            chain.Complete();
        }),
        ["the bus of this driver has been disposed"] = AfterDisposal,
    };

    public static TheoryData<string> Sentences => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Sentences))]
    public void A_wrong_value_is_answered_with_a_sentence(string sentence)
    {
        var refusal = Assert.ThrowsAny<Exception>(Cases[sentence]);
        // The text in parentheses at the end only distinguishes cases that expect the same sentence.
        Assert.Contains(Regex.Replace(sentence, @" \([a-z ]+\)$", ""), refusal.Message, StringComparison.Ordinal);
    }

    private static void OnBus(Action<TestBus> act, IVirtioDevice? device = null)
    {
        using var bus = new TestBus(device ?? new EntropyDevice());
        act(bus);
    }

    private static void Twice(IVirtioDevice device) => _ = new TestBus(device, device);

    private static void WithBus(MmioBusOptions options)
    {
        using GuestMemory memory = GuestMemory.Allocate((0UL, 4096UL));
        _ = new MmioBus(options, memory, [new EntropyDevice()], (_, _) => { });
    }

    private static void InHandler(Action<DescriptorChain> handle) => OnBus(bus =>
        bus.Driver().Start().Queue().Exchange([], 8), new ProbeDevice(handle));

    private static void AfterDisposal()
    {
        DriverQueue? queue = null;
        OnBus(bus => queue = bus.Driver().Start().Queue());
        queue!.TryCollect(out _);
    }
}
