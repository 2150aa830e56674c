using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Hostile;

/// <summary>Random sequences of operations that no correct driver does in such an order. Each can be repeated from its seed.</summary>
[Collection(Alone.Name)]
public sealed class OperationSequenceTests
{
    public static TheoryData<string> Names => Victim.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Random_sequences_of_operations_are_survived(string name)
    {
        using var victim = Victim.Named(name);
        int seed = Seeds.Next();
        for (int i = 0; i < 150; i++)
        {
            var random = new Random(unchecked(seed + i));
            for (int step = random.Next(1, 65); step > 0; step--)
                Operate(victim, random);
            try
            {
                victim.Restart();
                victim.Kind.AssertWorks(victim.Driver);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {unchecked(seed + i)}: {e.Message}");
            }
        }

        victim.AssertSurvived();
    }

    private static void Operate(Victim victim, Random random)
    {
        MmioDriver driver = victim.Driver;
        switch (random.Next(14))
        {
            case 0:
                driver.Negotiate(victim.Features & ((1UL << 34) | (1UL << 32) | (ulong)random.NextInt64()));
                break;
            case 1:
                driver.Status = (DeviceStatusBits)random.Next(256);
                break;
            case 2:
                victim.Prepare();
                driver.Status = DeviceStatusBits.Running;
                break;
            case 3:
                driver.EnableQueue(
                    (uint)random.Next(4),
                    new QueueAreas(
                        unchecked((uint)Seeds.Value(random)), Seeds.Address(random), Seeds.Address(random), Seeds.Address(random)));
                break;
            case 4:
                driver.WriteRegister(MmioRegisters.QueueSelect, (uint)random.Next(3));
                driver.WriteRegister(MmioRegisters.QueueReady, (uint)random.Next(2));
                break;
            case 5 or 6:
                Publish(victim, random);
                break;
            case 7 or 8:
                driver.Notify((uint)random.Next(3));
                break;
            case 9:
                driver.ReadConfig<ulong>(random.Next(0, 0xef0));
                driver.WriteConfig(random.Next(0, 0xef0), random.NextInt64());
                break;
            case 11:
                driver.WriteRegister(MmioRegisters.QueueSelect, (uint)random.Next(3));
                driver.WriteRegister(MmioRegisters.QueueReset, 1);
                break;
            case 12:
                ResetAndSetUp(victim, random);
                break;
            case 10:
                driver.Acknowledge((InterruptBits)random.Next(4));
                break;
            default:
                driver.WriteRegister(4 * random.Next(0x400), unchecked((uint)Seeds.Value(random)));
                break;
        }
    }

    // Resets one queue while the device runs and sets it up at another address with another size.
    private static void ResetAndSetUp(Victim victim, Random random)
    {
        int queue = random.Next(victim.Driver.QueueCount);
        victim.Driver.WriteRegister(MmioRegisters.QueueSelect, (uint)queue);
        victim.Driver.WriteRegister(MmioRegisters.QueueReset, 1);
        ulong area = Victim.RamStart + (64 << 10) + ((ulong)random.Next(16) * 0x1000);
        victim.Driver.EnableQueue((uint)queue, new QueueAreas(1u << random.Next(7), area, area + 0x800, area + 0xa00));
    }

    // Writes into memory that may or may not be a ring in use.
    private static void Publish(Victim victim, Random random)
    {
        ulong slot = Victim.RamStart + (64 << 10) + ((ulong)random.Next(256) * 16);
        PackedFlags flags = (PackedFlags)random.Next(8) | PackedDriverQueue.Availability(random.Next(4) > 0);
        victim.WriteTable(slot, new PackedDescriptor(Seeds.Address(random), Seeds.Length(random), (ushort)random.Next(64), flags));
    }
}
